//! People: the persons in films' credits.

use domain::{catalogue::sort_title::sort_title_in, lao::index::Query, slug::Slug};
use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Audience, Db, DbError, Result, SortedCursor, Tx, expect_one,
    rows::{
        audit::{self, Author, Entry},
        film::Texts,
        image::Image,
        search, slug,
    },
};

/// Name of the sort order of lists.
const SORT: &str = "name";
/// Attempts to lock people and their films: a film may get one of them as a credit between the two locks.
const ATTEMPTS: u32 = 20;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Its id.
    pub id: Uuid,
    /// The readable part of its URL.
    pub slug: String,
    /// Name by BCP 47 language; never empty.
    pub names: Texts,
    /// Biography by BCP 47 language.
    pub biographies: Texts,
    /// The name by which lists are ordered.
    #[serde(skip)]
    pub sort_name: String,
    /// The person's first portrait.
    #[serde(skip)]
    pub portrait: Option<Image>,
    /// Number of edits, for If-Match.
    pub version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl Person {
    /// Returns the cursor of the list page that begins after this person.
    pub fn cursor(&self) -> SortedCursor {
        SortedCursor::text(SORT, self.sort_name.clone(), self.id)
    }
}

/// A person to create.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Its id.
    pub id: Uuid,
    /// Its slug; derived from the names if not given.
    pub slug: Option<Slug>,
    /// Name by BCP 47 language; at least one.
    pub names: Texts,
    /// Biography by BCP 47 language.
    pub biographies: Texts,
}

/// An edit; `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    /// A new slug; the old one redirects.
    pub slug: Option<Slug>,
    /// Replaces all names.
    pub names: Option<Texts>,
    /// Replaces all biographies.
    pub biographies: Option<Texts>,
}

struct Row {
    id: Uuid,
    slug: String,
    names: Json<Texts>,
    biographies: Json<Texts>,
    sort_name: String,
    portrait: Option<Json<Image>>,
    version: i64,
    created_at: OffsetDateTime,
}

impl From<Row> for Person {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            names: row.names.0,
            biographies: row.biographies.0,
            sort_name: row.sort_name,
            portrait: row.portrait.map(|portrait| portrait.0),
            version: row.version,
            created_at: row.created_at,
        }
    }
}

macro_rules! select_people {
    ($tail:tt $($arguments:tt)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id, slug, names AS "names: _", biographies AS "biographies: _", sort_name, portrait AS "portrait: _", version, created_at FROM people "# + $tail $($arguments)*
        )
    };
}

/// Returns the person; `None` if it does not exist.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Person>> {
    Ok(select_people!("WHERE id = $1", id).fetch_optional(&db.pools.all).await?.map(Person::from))
}

/// Returns at most `limit` people after `after`, by name, who are credited in a film that `audience` may see in lists. An editor sees
/// all people.
pub async fn list(
    db: &Db,
    audience: Audience,
    after: Option<&SortedCursor>,
    limit: u32,
) -> Result<Vec<Person>> {
    let place = after.map(|after| Ok::<_, DbError>((after.as_text(SORT)?, after.id))).transpose()?;
    let (name, id) = place.unzip();
    let rows = if audience == Audience::Editor {
        select_people!(
            "WHERE $1::text IS NULL OR (sort_name, id) > ($1, $2) ORDER BY sort_name, id LIMIT $3",
            name,
            id,
            i64::from(limit)
        )
        .fetch_all(&db.pools.all)
        .await?
    } else {
        // LATERAL with a limit makes PostgreSQL check people one by one, in the order of names, until the page is full. Otherwise the
        // planner would first join all credits with all films.
        select_people!(
            "CROSS JOIN LATERAL (
                 SELECT 1 AS credited FROM film_cast JOIN films ON films.id = film_cast.film_id
                 WHERE film_cast.person_id = people.id AND film_is_listed(films, $4) LIMIT 1
             ) AS seen
             WHERE $1::text IS NULL OR (people.sort_name, people.id) > ($1, $2)
             ORDER BY people.sort_name, people.id LIMIT $3",
            name,
            id,
            i64::from(limit),
            audience.is_member()
        )
        .fetch_all(&db.pools.all)
        .await?
    };
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Returns at most `limit` people after `after`, by name, with a name in which a word or a Lao syllable begins as the query; for editors.
pub async fn list_named(
    db: &Db,
    query: &Query,
    after: Option<&SortedCursor>,
    limit: u32,
) -> Result<Vec<Person>> {
    let place = after.map(|after| Ok::<_, DbError>((after.as_text(SORT)?, after.id))).transpose()?;
    let (name, id) = place.unzip();
    let (keys, beyond): (Vec<_>, Vec<_>) = search::ranges(query).into_iter().unzip();
    let rows = select_people!(
        r#"WHERE id IN (SELECT entry.person_id FROM search_names AS entry
                        JOIN unnest($1::text[], $2::text[]) AS wanted (key, beyond)
                          ON entry.key >= wanted.key COLLATE "C" AND entry.key < wanted.beyond COLLATE "C"
                        WHERE entry.place = ANY ('{0, 1, 2}'))
             AND ($3::text IS NULL OR (sort_name, id) > ($3, $4))
           ORDER BY sort_name, id LIMIT $5"#,
        &keys,
        &beyond,
        name,
        id,
        i64::from(limit)
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Creates a person.
pub async fn create(db: &Db, author: &Author, new: NewPerson) -> Result<Person> {
    let mut tx = db.begin().await?;
    let slug = slug::of_new(&mut tx, slug::Kind::Person, new.id, new.slug, &new.names).await?;
    sqlx::query!(
        "INSERT INTO people (id, slug, names, biographies, sort_name) VALUES ($1, $2, $3, $4, $5)",
        new.id,
        slug,
        Json(&new.names) as _,
        Json(&new.biographies) as _,
        sort_title_in(&new.names, "lo"),
    )
    .execute(&mut *tx)
    .await?;
    let person = lock(&mut tx, new.id).await?.ok_or(DbError::Invariant("reading a person just created"))?;
    record(&mut tx, author, "person.create", &person, audit::whole(&person)?).await?;
    search::refresh_person(&mut tx, person.id, &[]).await?;
    tx.commit().await?;
    Ok(person)
}

/// Edits the person. Returns `None` if its version is no longer `expected_version`, or if it does not exist.
pub async fn update(
    db: &Db,
    author: &Author,
    id: Uuid,
    change: PersonChange,
    expected_version: i64,
) -> Result<Option<Person>> {
    let (mut tx, films) = lock_with_films(db, &[id]).await?;
    let before = lock(&mut tx, id).await?.filter(|person| person.version == expected_version);
    let Some(before) = before else { return Ok(None) };
    if let Some(slug) = change.slug.as_ref().filter(|slug| slug.as_str() != before.slug) {
        slug::take(&mut tx, slug::Kind::Person, id, slug).await?;
    }
    sqlx::query!(
        "UPDATE people SET slug = coalesce($2, slug), names = coalesce($3, names), biographies = coalesce($4, biographies),
                           sort_name = coalesce($5, sort_name), version = version + 1
         WHERE id = $1",
        id,
        change.slug.as_ref().map(Slug::as_str),
        change.names.as_ref().map(Json) as _,
        change.biographies.as_ref().map(Json) as _,
        change.names.as_ref().map(|names| sort_title_in(names, "lo")),
    )
    .execute(&mut *tx)
    .await?;
    let after = lock(&mut tx, id).await?.ok_or(DbError::Invariant("reading a person just edited"))?;
    record(&mut tx, author, "person.update", &after, audit::differences(&before, &after)?).await?;
    search::refresh_person(&mut tx, id, &films).await?;
    tx.commit().await?;
    Ok(Some(after))
}

/// Deletes the person if no film credits it. Returns false if its version is not `expected_version`, or if it does not exist.
pub async fn delete(db: &Db, author: &Author, id: Uuid, expected_version: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let person = lock(&mut tx, id).await?.filter(|person| person.version == expected_version);
    let Some(person) = person else { return Ok(false) };
    let used =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM film_cast WHERE person_id = $1) AS "used!""#, id);
    if used.fetch_one(&mut *tx).await? {
        return Err(DbError::conflict(
            "people_unused",
            "films credit this person; merge the person into another instead",
        ));
    }
    sqlx::query!("DELETE FROM people WHERE id = $1", id).execute(&mut *tx).await?;
    record(&mut tx, author, "person.delete", &person, audit::whole(&person)?).await?;
    tx.commit().await?;
    Ok(true)
}

/// Merges two people: credits and portraits of `from` go to `into`, `into` gets the names and biographies in languages that only
/// `from` has, and the slugs of `from` redirect to `into`. Returns `None` if the version of `from` is not `expected_version`, or if it
/// does not exist.
pub async fn merge(
    db: &Db,
    author: &Author,
    from: Uuid,
    into: Uuid,
    expected_version: i64,
) -> Result<Option<Person>> {
    if from == into {
        return Err(DbError::conflict("people_merge_two", "a person cannot be merged into itself"));
    }
    let (mut tx, films) = lock_with_films(db, &[from, into]).await?;
    let gone = lock(&mut tx, from).await?.filter(|person| person.version == expected_version);
    let Some(gone) = gone else { return Ok(None) };
    let before = lock(&mut tx, into)
        .await?
        .ok_or_else(|| DbError::conflict("people_merge_into", "the person to merge into does not exist"))?;
    sqlx::query!(
        "UPDATE film_cast SET person_id = $2 WHERE person_id = $1
            AND NOT EXISTS (SELECT FROM film_cast other
                            WHERE other.film_id = film_cast.film_id AND other.person_id = $2 AND other.role = film_cast.role)",
        from,
        into,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM film_cast WHERE person_id = $1", from).execute(&mut *tx).await?;
    transfer_portraits(&mut tx, from, into).await?;
    slug::transfer(&mut tx, slug::Kind::Person, from, into).await?;
    sqlx::query!("DELETE FROM people WHERE id = $1", from).execute(&mut *tx).await?;
    sqlx::query!(
        "UPDATE people SET names = $2::jsonb || names, biographies = $3::jsonb || biographies, version = version + 1
         WHERE id = $1",
        into,
        Json(&gone.names) as _,
        Json(&gone.biographies) as _,
    )
    .execute(&mut *tx)
    .await?;
    let after = lock(&mut tx, into).await?.ok_or(DbError::Invariant("reading a person just merged"))?;
    let mut changes = audit::differences(&before, &after)?;
    changes.insert("merged".to_owned(), audit::whole(&gone)?.into());
    record(&mut tx, author, "person.merge", &after, changes).await?;
    search::refresh_person(&mut tx, into, &films).await?;
    tx.commit().await?;
    Ok(Some(after))
}

/// Begins a transaction and locks the films that credit these people, then the people, each in the order of their ids. Returns the
/// transaction and the films.
async fn lock_with_films(db: &Db, people: &[Uuid]) -> Result<(Tx, Vec<Uuid>)> {
    for _ in 0..ATTEMPTS {
        let mut tx = db.begin().await?;
        // Locks against edits of the same films, which replace their credits and would write the old names to the search index.
        let films = sqlx::query_scalar!(
            "SELECT id FROM films WHERE id IN (SELECT film_id FROM film_cast WHERE person_id = ANY ($1))
             ORDER BY id FOR NO KEY UPDATE",
            people
        )
        .fetch_all(&mut *tx)
        .await?;
        // Locks against merges of the same people, and against films that are just getting one of them as a credit.
        sqlx::query!("SELECT id FROM people WHERE id = ANY ($1) ORDER BY id FOR UPDATE", people)
            .fetch_all(&mut *tx)
            .await?;
        let another = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM film_cast WHERE person_id = ANY ($1) AND film_id <> ALL ($2)) AS "another!""#,
            people,
            &films
        );
        if !another.fetch_one(&mut *tx).await? {
            return Ok((tx, films));
        }
        // A film got one of the people as a credit in between. Waiting for its lock now could deadlock, so begin again.
    }
    Err(DbError::conflict("people_at_rest", "films of this person are being edited; try again"))
}

/// Locks the person until the transaction ends, against other edits, deletions and merges, and returns it. A transaction that adds the
/// person to a film waits too: after a deletion it fails, and if it came first, it prevents the deletion.
async fn lock(tx: &mut Tx, id: Uuid) -> Result<Option<Person>> {
    Ok(select_people!("WHERE id = $1 FOR UPDATE", id).fetch_optional(&mut **tx).await?.map(Person::from))
}

async fn record(
    tx: &mut Tx,
    author: &Author,
    action: &'static str,
    person: &Person,
    changes: audit::Changes,
) -> Result<()> {
    let (subject_id, label) = (Some(person.id), audit::label(&person.names));
    audit::record(tx, Entry { author, action, subject: "person", subject_id, label, changes: changes.into() })
        .await
}

/// Moves the portraits of a person that is being merged to the other person, after that person's own.
async fn transfer_portraits(tx: &mut Tx, from: Uuid, into: Uuid) -> Result<()> {
    sqlx::query!(
        "UPDATE images SET person_id = $2,
                position = position + coalesce((SELECT max(position) + 1 FROM images own WHERE own.person_id = $2), 0)
         WHERE person_id = $1",
        from,
        into,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!("UPDATE people SET portrait = person_portrait(id) WHERE id = $1", into)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "transferring portraits")
}
