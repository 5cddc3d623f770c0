//! Genres.

use domain::slug::Slug;
use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Db, DbError, Result, SortedCursor, Tx,
    rows::{
        audit::{self, Author, Entry},
        film::Texts,
        slug,
    },
};

/// Name of the sort order of menus.
const SORT: &str = "menu";
/// Attempts to lock two genres and their films: a film may get one of the genres between the two locks.
const ATTEMPTS: u32 = 20;

/// A genre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Genre {
    /// Its id.
    pub id: Uuid,
    /// The readable part of its URL.
    pub slug: String,
    /// Name by BCP 47 language; never empty.
    pub names: Texts,
    /// Position in menus.
    pub position: i32,
    /// Number of edits, for If-Match.
    pub version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl Genre {
    /// Returns the cursor of the list page that begins after this genre.
    pub fn cursor(&self) -> SortedCursor {
        SortedCursor::number(SORT, i64::from(self.position), self.id)
    }
}

/// A genre to create.
#[derive(Clone, Debug)]
pub struct NewGenre {
    /// Its id.
    pub id: Uuid,
    /// Its slug; derived from the names if not given.
    pub slug: Option<Slug>,
    /// Name by BCP 47 language; at least one.
    pub names: Texts,
    /// Position in menus.
    pub position: i32,
}

/// An edit; `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct GenreChange {
    /// A new slug; the old one redirects.
    pub slug: Option<Slug>,
    /// Replaces all names.
    pub names: Option<Texts>,
    /// Position in menus.
    pub position: Option<i32>,
}

struct Row {
    id: Uuid,
    slug: String,
    names: Json<Texts>,
    position: i32,
    version: i64,
    created_at: OffsetDateTime,
}

impl From<Row> for Genre {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            names: row.names.0,
            position: row.position,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

macro_rules! select_genres {
    ($tail:tt $($arguments:tt)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id, slug, names AS "names: _", position, version, created_at FROM genres "# + $tail $($arguments)*
        )
    };
}

/// Returns the genre; `None` if it does not exist.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Genre>> {
    Ok(select_genres!("WHERE id = $1", id).fetch_optional(&db.pools.all).await?.map(Genre::from))
}

/// Returns at most `limit` genres after `after`, in the order of menus.
pub async fn list(db: &Db, after: Option<&SortedCursor>, limit: u32) -> Result<Vec<Genre>> {
    let place = after.map(|after| Ok::<_, DbError>((after.as_number(SORT)?, after.id))).transpose()?;
    let (position, id) = place.unzip();
    let rows = select_genres!(
        "WHERE $1::bigint IS NULL OR (position, id) > ($1, $2) ORDER BY position, id LIMIT $3",
        position,
        id,
        i64::from(limit)
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(Genre::from).collect())
}

/// Creates a genre.
pub async fn create(db: &Db, author: &Author, new: NewGenre) -> Result<Genre> {
    let mut tx = db.begin().await?;
    let slug = slug::of_new(&mut tx, slug::Kind::Genre, new.id, new.slug, &new.names).await?;
    sqlx::query!(
        "INSERT INTO genres (id, slug, names, position) VALUES ($1, $2, $3, $4)",
        new.id,
        slug,
        Json(&new.names) as _,
        new.position,
    )
    .execute(&mut *tx)
    .await?;
    let genre = lock(&mut tx, new.id).await?.ok_or(DbError::Invariant("reading a genre just created"))?;
    record(&mut tx, author, "genre.create", &genre, audit::whole(&genre)?).await?;
    tx.commit().await?;
    Ok(genre)
}

/// Edits the genre. Returns `None` if its version is no longer `expected_version`, or if it does not exist.
pub async fn update(
    db: &Db,
    author: &Author,
    id: Uuid,
    change: GenreChange,
    expected_version: i64,
) -> Result<Option<Genre>> {
    let mut tx = db.begin().await?;
    // `NO KEY UPDATE` lets films get this genre at the same time: no row of a film depends on the genre's names.
    let before = select_genres!("WHERE id = $1 FOR NO KEY UPDATE", id).fetch_optional(&mut *tx).await?;
    let before = before.map(Genre::from).filter(|genre| genre.version == expected_version);
    let Some(before) = before else { return Ok(None) };
    if let Some(slug) = change.slug.as_ref().filter(|slug| slug.as_str() != before.slug) {
        slug::take(&mut tx, slug::Kind::Genre, id, slug).await?;
    }
    sqlx::query!(
        "UPDATE genres SET slug = coalesce($2, slug), names = coalesce($3, names), position = coalesce($4, position),
                           version = version + 1
         WHERE id = $1",
        id,
        change.slug.as_ref().map(Slug::as_str),
        change.names.as_ref().map(Json) as _,
        change.position,
    )
    .execute(&mut *tx)
    .await?;
    let after = select_genres!("WHERE id = $1", id).fetch_one(&mut *tx).await?.into();
    record(&mut tx, author, "genre.update", &after, audit::differences(&before, &after)?).await?;
    tx.commit().await?;
    Ok(Some(after))
}

/// Deletes the genre if no film has it. Returns false if its version is not `expected_version`, or if it does not exist.
pub async fn delete(db: &Db, author: &Author, id: Uuid, expected_version: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let genre = lock(&mut tx, id).await?.filter(|genre| genre.version == expected_version);
    let Some(genre) = genre else { return Ok(false) };
    let used =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM film_genres WHERE genre_id = $1) AS "used!""#, id);
    if used.fetch_one(&mut *tx).await? {
        return Err(DbError::conflict(
            "genres_unused",
            "films have this genre; merge it into another instead",
        ));
    }
    sqlx::query!("DELETE FROM genres WHERE id = $1", id).execute(&mut *tx).await?;
    record(&mut tx, author, "genre.delete", &genre, audit::whole(&genre)?).await?;
    tx.commit().await?;
    Ok(true)
}

/// Merges two genres: films of `from` get `into` instead, `into` gets the names in languages that only `from` has, and the slugs of
/// `from` redirect to `into`. Returns `None` if the version of `from` is not `expected_version`, or if it does not exist.
pub async fn merge(
    db: &Db,
    author: &Author,
    from: Uuid,
    into: Uuid,
    expected_version: i64,
) -> Result<Option<Genre>> {
    if from == into {
        return Err(DbError::conflict("genres_merge_two", "a genre cannot be merged into itself"));
    }
    let mut tx = lock_with_films(db, [from, into]).await?;
    let gone = lock(&mut tx, from).await?.filter(|genre| genre.version == expected_version);
    let Some(gone) = gone else { return Ok(None) };
    let before = lock(&mut tx, into)
        .await?
        .ok_or_else(|| DbError::conflict("genres_merge_into", "the genre to merge into does not exist"))?;
    sqlx::query!(
        "UPDATE film_genres SET genre_id = $2 WHERE genre_id = $1
            AND NOT EXISTS (SELECT FROM film_genres other WHERE other.film_id = film_genres.film_id AND other.genre_id = $2)",
        from,
        into,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM film_genres WHERE genre_id = $1", from).execute(&mut *tx).await?;
    slug::transfer(&mut tx, slug::Kind::Genre, from, into).await?;
    sqlx::query!("DELETE FROM genres WHERE id = $1", from).execute(&mut *tx).await?;
    sqlx::query!(
        "UPDATE genres SET names = $2::jsonb || names, version = version + 1 WHERE id = $1",
        into,
        Json(&gone.names) as _,
    )
    .execute(&mut *tx)
    .await?;
    let after = lock(&mut tx, into).await?.ok_or(DbError::Invariant("reading a genre just merged"))?;
    let mut changes = audit::differences(&before, &after)?;
    changes.insert("merged".to_owned(), audit::whole(&gone)?.into());
    record(&mut tx, author, "genre.merge", &after, changes).await?;
    tx.commit().await?;
    Ok(Some(after))
}

/// Begins a transaction and locks the films of both genres, then the genres, each in the order of their ids.
async fn lock_with_films(db: &Db, genres: [Uuid; 2]) -> Result<Tx> {
    for _ in 0..ATTEMPTS {
        let mut tx = db.begin().await?;
        // Locks against edits of the same films, which replace their genres.
        let films = sqlx::query_scalar!(
            "SELECT id FROM films WHERE id IN (SELECT film_id FROM film_genres WHERE genre_id = ANY ($1))
             ORDER BY id FOR NO KEY UPDATE",
            &genres
        )
        .fetch_all(&mut *tx)
        .await?;
        // Locks against merges of the same genres, and against films that are just getting one of them.
        sqlx::query!("SELECT id FROM genres WHERE id = ANY ($1) ORDER BY id FOR UPDATE", &genres)
            .fetch_all(&mut *tx)
            .await?;
        let another = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM film_genres WHERE genre_id = ANY ($1) AND film_id <> ALL ($2)) AS "another!""#,
            &genres,
            &films
        );
        if !another.fetch_one(&mut *tx).await? {
            return Ok(tx);
        }
        // A film got one of the genres in between. Waiting for its lock now could deadlock, so begin again.
    }
    Err(DbError::conflict("genres_at_rest", "films of this genre are being edited; try again"))
}

/// Locks the genre until the transaction ends, against other edits, deletions and merges of it, and returns it. A transaction that
/// adds the genre to a film waits too: after a deletion it fails, and if it came first, it prevents the deletion.
async fn lock(tx: &mut Tx, id: Uuid) -> Result<Option<Genre>> {
    Ok(select_genres!("WHERE id = $1 FOR UPDATE", id).fetch_optional(&mut **tx).await?.map(Genre::from))
}

async fn record(
    tx: &mut Tx,
    author: &Author,
    action: &'static str,
    genre: &Genre,
    changes: audit::Changes,
) -> Result<()> {
    let (subject_id, label) = (Some(genre.id), audit::label(&genre.names));
    audit::record(tx, Entry { author, action, subject: "genre", subject_id, label, changes: changes.into() })
        .await
}
