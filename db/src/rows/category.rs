//! Categories: ordered lists of films that editors curate.

use domain::slug::Slug;
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Audience, Db, DbError, Result, SortedCursor, Tx,
    rows::{
        audit::{self, Author, Entry},
        film::Texts,
        slug,
    },
};

/// Name of the sort order of categories.
const SORT: &str = "category";
/// Name of the sort order of films in a category.
const PLACE_SORT: &str = "place";

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Its id.
    pub id: Uuid,
    /// The readable part of its URL.
    pub slug: String,
    /// Name by BCP 47 language; never empty.
    pub names: Texts,
    /// Description by BCP 47 language.
    pub descriptions: Texts,
    /// Position among the categories.
    pub position: i32,
    /// Whether viewers see it.
    pub shown: bool,
    /// Number of edits, for If-Match.
    pub version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl Category {
    /// Returns the cursor of the list page that begins after this category.
    pub fn cursor(&self) -> SortedCursor {
        SortedCursor::number(SORT, i64::from(self.position), self.id)
    }
}

/// A category to create.
#[derive(Clone, Debug)]
pub struct NewCategory {
    /// Its id.
    pub id: Uuid,
    /// Its slug; derived from the names if not given.
    pub slug: Option<Slug>,
    /// Name by BCP 47 language; at least one.
    pub names: Texts,
    /// Description by BCP 47 language.
    pub descriptions: Texts,
    /// Position among the categories.
    pub position: i32,
    /// Whether viewers see it.
    pub shown: bool,
}

/// An edit; `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct CategoryChange {
    /// A new slug; the old one redirects.
    pub slug: Option<Slug>,
    /// Replaces all names.
    pub names: Option<Texts>,
    /// Replaces all descriptions.
    pub descriptions: Option<Texts>,
    /// Position among the categories.
    pub position: Option<i32>,
    /// Whether viewers see it.
    pub shown: Option<bool>,
}

struct Row {
    id: Uuid,
    slug: String,
    names: Json<Texts>,
    descriptions: Json<Texts>,
    position: i32,
    shown: bool,
    version: i64,
    created_at: OffsetDateTime,
}

impl From<Row> for Category {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            names: row.names.0,
            descriptions: row.descriptions.0,
            position: row.position,
            shown: row.shown,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

macro_rules! select_categories {
    ($tail:tt $($arguments:tt)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id, slug, names AS "names: _", descriptions AS "descriptions: _", position, shown, version, created_at FROM categories "# + $tail $($arguments)*
        )
    };
}

/// Returns the category; `None` if it does not exist.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Category>> {
    Ok(select_categories!("WHERE id = $1", id).fetch_optional(&db.pools.all).await?.map(Category::from))
}

/// Returns at most `limit` categories after `after`, in their order. With `shown_only`, only categories that viewers see.
pub async fn list(
    db: &Db,
    shown_only: bool,
    after: Option<&SortedCursor>,
    limit: u32,
) -> Result<Vec<Category>> {
    let place = after.map(|after| Ok::<_, DbError>((after.as_number(SORT)?, after.id))).transpose()?;
    let (position, id) = place.unzip();
    let rows = select_categories!(
        "WHERE (shown OR NOT $4) AND ($1::bigint IS NULL OR (position, id) > ($1, $2)) ORDER BY position, id LIMIT $3",
        position,
        id,
        i64::from(limit),
        shown_only
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(Category::from).collect())
}

/// Creates a category.
pub async fn create(db: &Db, author: &Author, new: NewCategory) -> Result<Category> {
    let mut tx = db.begin().await?;
    let slug = slug::of_new(&mut tx, slug::Kind::Category, new.id, new.slug, &new.names).await?;
    sqlx::query!(
        "INSERT INTO categories (id, slug, names, descriptions, position, shown) VALUES ($1, $2, $3, $4, $5, $6)",
        new.id,
        slug,
        Json(&new.names) as _,
        Json(&new.descriptions) as _,
        new.position,
        new.shown,
    )
    .execute(&mut *tx)
    .await?;
    let category =
        lock(&mut tx, new.id).await?.ok_or(DbError::Invariant("reading a category just created"))?;
    record(&mut tx, author, "category.create", &category, audit::whole(&category)?).await?;
    tx.commit().await?;
    Ok(category)
}

/// Edits the category. Returns `None` if its version is no longer `expected_version`, or if it does not exist.
pub async fn update(
    db: &Db,
    author: &Author,
    id: Uuid,
    change: CategoryChange,
    expected_version: i64,
) -> Result<Option<Category>> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?.filter(|category| category.version == expected_version);
    let Some(before) = before else { return Ok(None) };
    if let Some(slug) = change.slug.as_ref().filter(|slug| slug.as_str() != before.slug) {
        slug::take(&mut tx, slug::Kind::Category, id, slug).await?;
    }
    sqlx::query!(
        "UPDATE categories SET slug = coalesce($2, slug), names = coalesce($3, names), descriptions = coalesce($4, descriptions),
                               position = coalesce($5, position), shown = coalesce($6, shown), version = version + 1
         WHERE id = $1",
        id,
        change.slug.as_ref().map(Slug::as_str),
        change.names.as_ref().map(Json) as _,
        change.descriptions.as_ref().map(Json) as _,
        change.position,
        change.shown,
    )
    .execute(&mut *tx)
    .await?;
    let after = lock(&mut tx, id).await?.ok_or(DbError::Invariant("reading a category just edited"))?;
    record(&mut tx, author, "category.update", &after, audit::differences(&before, &after)?).await?;
    tx.commit().await?;
    Ok(Some(after))
}

/// Deletes the category, but not its films. Returns false if its version is not `expected_version`, or if it does not exist.
pub async fn delete(db: &Db, author: &Author, id: Uuid, expected_version: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let category = lock(&mut tx, id).await?.filter(|category| category.version == expected_version);
    let Some(category) = category else { return Ok(false) };
    sqlx::query!("DELETE FROM categories WHERE id = $1", id).execute(&mut *tx).await?;
    record(&mut tx, author, "category.delete", &category, audit::whole(&category)?).await?;
    tx.commit().await?;
    Ok(true)
}

/// A film's place in a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The category.
    pub category_id: Uuid,
    /// The film.
    pub film_id: Uuid,
    /// Position in the category.
    pub position: i32,
}

impl Place {
    /// Returns the cursor of the list page that begins after this film.
    pub fn cursor(&self) -> SortedCursor {
        SortedCursor::number(PLACE_SORT, i64::from(self.position), self.film_id)
    }
}

/// Returns the first `limit` films of each of these categories that `audience` may see in lists.
pub async fn first_films(db: &Db, audience: Audience, ids: &[Uuid], limit: u32) -> Result<Vec<Place>> {
    let places = sqlx::query_as!(
        Place,
        r#"SELECT place.category_id AS "category_id!", place.film_id AS "film_id!", place.position AS "position!"
           FROM unnest($1::uuid[]) AS category (id) CROSS JOIN LATERAL (
               SELECT film_categories.* FROM film_categories JOIN films ON films.id = film_categories.film_id
               WHERE film_categories.category_id = category.id AND film_is_listed(films, $2)
               ORDER BY film_categories.position LIMIT $3) AS place
           ORDER BY place.category_id, place.position"#,
        ids,
        audience.is_member(),
        i64::from(limit),
    );
    Ok(places.fetch_all(&db.pools.all).await?)
}

/// Returns at most `limit` films of the category after `after` that `audience` may see in lists. An editor sees all films.
pub async fn films(
    db: &Db,
    audience: Audience,
    id: Uuid,
    after: Option<&SortedCursor>,
    limit: u32,
) -> Result<Vec<Place>> {
    let position = after.map(|after| after.as_number(PLACE_SORT)).transpose()?;
    let places = sqlx::query_as!(
        Place,
        "SELECT film_categories.category_id, film_categories.film_id, film_categories.position
         FROM film_categories JOIN films ON films.id = film_categories.film_id
         WHERE film_categories.category_id = $1 AND ($2 OR film_is_listed(films, $3))
           AND ($4::bigint IS NULL OR film_categories.position > $4)
         ORDER BY film_categories.position LIMIT $5",
        id,
        audience == Audience::Editor,
        audience.is_member(),
        position,
        i64::from(limit),
    );
    Ok(places.fetch_all(&db.pools.all).await?)
}

/// Replaces the films of the category by these, in this order. Returns `None` if its version is no longer `expected_version`, or if it
/// does not exist.
pub async fn set_films(
    db: &Db,
    author: &Author,
    id: Uuid,
    films: &[Uuid],
    expected_version: i64,
) -> Result<Option<Category>> {
    let mut tx = db.begin().await?;
    // Locks the films against a purge before their places are deleted: a purge holds the film's lock while it waits for its places.
    sqlx::query!("SELECT id FROM films WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE", films)
        .fetch_all(&mut *tx)
        .await?;
    let before = lock(&mut tx, id).await?.filter(|category| category.version == expected_version);
    if before.is_none() {
        return Ok(None);
    }
    let was = replace_films(&mut tx, id, films).await?;
    sqlx::query!("UPDATE categories SET version = version + 1 WHERE id = $1", id).execute(&mut *tx).await?;
    let after = lock(&mut tx, id).await?.ok_or(DbError::Invariant("reading a category just filled"))?;
    let changes = audit::Changes::from_iter([("films".to_owned(), json!([was, films]))]);
    record(&mut tx, author, "category.films", &after, changes).await?;
    tx.commit().await?;
    Ok(Some(after))
}

/// Returns the films that the category had before.
async fn replace_films(tx: &mut Tx, id: Uuid, films: &[Uuid]) -> Result<Vec<Uuid>> {
    let was = sqlx::query_scalar!(
        "SELECT film_id FROM film_categories WHERE category_id = $1 ORDER BY position",
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!("DELETE FROM film_categories WHERE category_id = $1", id).execute(&mut **tx).await?;
    sqlx::query!(
        "INSERT INTO film_categories (category_id, film_id, position)
         SELECT $1, film.id, film.place FROM unnest($2::uuid[]) WITH ORDINALITY AS film (id, place)",
        id,
        films,
    )
    .execute(&mut **tx)
    .await?;
    Ok(was)
}

/// Locks the category until the transaction ends, against other edits of it or of its films, and returns it.
async fn lock(tx: &mut Tx, id: Uuid) -> Result<Option<Category>> {
    Ok(select_categories!("WHERE id = $1 FOR UPDATE", id)
        .fetch_optional(&mut **tx)
        .await?
        .map(Category::from))
}

async fn record(
    tx: &mut Tx,
    author: &Author,
    action: &'static str,
    category: &Category,
    changes: audit::Changes,
) -> Result<()> {
    let (subject_id, label) = (Some(category.id), audit::label(&category.names));
    audit::record(
        tx,
        Entry { author, action, subject: "category", subject_id, label, changes: changes.into() },
    )
    .await
}
