//! Preview links: with one, a person without an account sees and plays one film that is not public, until the link expires or is
//! revoked. They are stored by the hashes of their tokens.

use domain::id::{FilmId, PreviewLinkId};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Db, DbError, Result, Tx,
    rows::{
        audit::{self, Author, Entry},
        film::Texts,
    },
};

/// Maximum number of open links of a film, so that each is in its list.
const MOST_OPEN: i64 = 100;
/// Maximum number of links in the list of a film.
const MOST_LISTED: i64 = 200;

/// A preview link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLink {
    /// Its id.
    pub id: PreviewLinkId,
    /// The film that it shows.
    pub film_id: FilmId,
    /// For whom it is, in the editor's words.
    pub note: Option<String>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When it expires.
    pub expires_at: OffsetDateTime,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

/// A preview link to create.
#[derive(Clone, Debug)]
pub struct NewPreviewLink {
    /// Its id.
    pub id: PreviewLinkId,
    /// The film that it shows.
    pub film_id: FilmId,
    /// Hash of its token.
    pub token_hash: [u8; 32],
    /// For whom it is, at most 100 characters.
    pub note: Option<String>,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

struct Row {
    id: Uuid,
    film_id: Uuid,
    note: Option<String>,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    revoked_at: Option<OffsetDateTime>,
}

impl From<Row> for PreviewLink {
    fn from(row: Row) -> Self {
        Self {
            id: PreviewLinkId(row.id),
            film_id: FilmId(row.film_id),
            note: row.note,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// Creates a preview link. `NotFound` if the film does not exist or is deleted.
pub async fn create(db: &Db, author: &Author, new: NewPreviewLink) -> Result<PreviewLink> {
    let mut tx = db.begin().await?;
    // Locks the film, so that links created at the same time do not exceed the maximum.
    let titles = lock_film(&mut tx, new.film_id.0, false).await?.ok_or(DbError::NotFound)?;
    let open = sqlx::query_scalar!(
        r#"SELECT count(*) AS "open!" FROM preview_links
           WHERE film_id = $1 AND revoked_at IS NULL AND expires_at > now()"#,
        new.film_id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    if open >= MOST_OPEN {
        return Err(DbError::conflict(
            "preview_links_open_limit",
            "the film has 100 open preview links; revoke those that are not needed any more",
        ));
    }
    let row = sqlx::query_as!(
        Row,
        "INSERT INTO preview_links (id, film_id, token_hash, note, expires_at) VALUES ($1, $2, $3, $4, $5)
         RETURNING id, film_id, note, created_at, expires_at, revoked_at",
        new.id.0,
        new.film_id.0,
        new.token_hash.as_slice(),
        new.note,
        new.expires_at,
    )
    .fetch_one(&mut *tx)
    .await?;
    record(&mut tx, author, "preview_link.create", &row, &titles).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// Returns the film's preview links, open ones first, then newest first; at most 200.
pub async fn list(db: &Db, film: FilmId) -> Result<Vec<PreviewLink>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, film_id, note, created_at, expires_at, revoked_at FROM preview_links WHERE film_id = $1
         ORDER BY (revoked_at IS NULL AND expires_at > now()) DESC, created_at DESC, id DESC LIMIT $2",
        film.0,
        MOST_LISTED,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(PreviewLink::from).collect())
}

/// Revokes a preview link, so that the tokens of its playback sessions stop working too. Idempotent.
pub async fn revoke(db: &Db, author: &Author, id: PreviewLinkId) -> Result<()> {
    let mut tx = db.begin().await?;
    let film = sqlx::query_scalar!("SELECT film_id FROM preview_links WHERE id = $1", id.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(DbError::NotFound)?;
    let titles = lock_film(&mut tx, film, true).await?.ok_or(DbError::NotFound)?;
    let row = sqlx::query_as!(
        Row,
        "UPDATE preview_links SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL
         RETURNING id, film_id, note, created_at, expires_at, revoked_at",
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(row) = row {
        record(&mut tx, author, "preview_link.revoke", &row, &titles).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Returns the link with this token if it is open at `now`, and its film is not deleted.
pub async fn find_open(db: &Db, token_hash: &[u8; 32], now: OffsetDateTime) -> Result<Option<PreviewLink>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT link.id, film_id, note, link.created_at, expires_at, revoked_at
         FROM preview_links AS link JOIN films ON films.id = link.film_id
         WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2 AND films.deleted_at IS NULL",
        token_hash.as_slice(),
        now,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(PreviewLink::from))
}

/// Returns the link with this id under the same conditions as [`find_open`].
pub async fn find_open_by_id(db: &Db, id: PreviewLinkId, now: OffsetDateTime) -> Result<Option<PreviewLink>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT link.id, film_id, note, link.created_at, expires_at, revoked_at
         FROM preview_links AS link JOIN films ON films.id = link.film_id
         WHERE link.id = $1 AND revoked_at IS NULL AND expires_at > $2 AND films.deleted_at IS NULL",
        id.0,
        now,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(PreviewLink::from))
}

/// Locks the film, and returns its titles; `None` if it does not exist, or is deleted and `even_deleted` is false.
async fn lock_film(tx: &mut Tx, film: Uuid, even_deleted: bool) -> Result<Option<Texts>> {
    let titles = sqlx::query_scalar!(
        r#"SELECT titles AS "titles: Json<Texts>" FROM films
           WHERE id = $1 AND (deleted_at IS NULL OR $2) FOR NO KEY UPDATE"#,
        film,
        even_deleted,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(titles.map(|titles| titles.0))
}

/// Records the change as one of the film, whose history shows it.
async fn record(tx: &mut Tx, author: &Author, action: &'static str, row: &Row, titles: &Texts) -> Result<()> {
    let entry = Entry {
        author,
        action,
        subject: "film",
        subject_id: Some(row.film_id),
        label: audit::label(titles),
        changes: match &row.note {
            Some(note) => json!({ "note": [null, note] }),
            None => json!({}),
        },
    };
    audit::record(tx, entry).await
}
