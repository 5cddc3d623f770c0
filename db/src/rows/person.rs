//! People: who is in films' credits.

use domain::{catalogue::sort_title::sort_title_in, slug::Slug};
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

/// The order of lists.
const SORT: &str = "name";
/// A film may be given somebody between locking their films and locking them.
const ATTEMPTS: u32 = 20;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Its id.
    pub id: Uuid,
    /// The readable part of its address.
    pub slug: String,
    /// BCP 47 language to name; never empty.
    pub names: Texts,
    /// BCP 47 language to a few sentences.
    pub biographies: Texts,
    /// What lists are ordered by.
    #[serde(skip)]
    pub sort_name: String,
    /// The first of their portraits.
    #[serde(skip)]
    pub portrait: Option<Image>,
    /// Counts edits; for If-Match.
    pub version: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl Person {
    /// Where a list goes on after this person.
    pub fn cursor(&self) -> SortedCursor {
        SortedCursor::text(SORT, self.sort_name.clone(), self.id)
    }
}

/// A person to be made.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Its id.
    pub id: Uuid,
    /// Its address; made of the names if not given.
    pub slug: Option<Slug>,
    /// At least one.
    pub names: Texts,
    /// BCP 47 language to a few sentences.
    pub biographies: Texts,
}

/// An edit; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    /// Another address; the old one redirects.
    pub slug: Option<Slug>,
    /// All names anew.
    pub names: Option<Texts>,
    /// All biographies anew.
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

/// The person, if there is one.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Person>> {
    Ok(select_people!("WHERE id = $1", id).fetch_optional(&db.pools.all).await?.map(Person::from))
}

/// At most `limit` people after `after`, by name: those credited in a film that `audience` may see listed. An editor is told of all.
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
        // LATERAL with a limit, so that their films are looked at person by person, in the order of names, until the page is full:
        // the planner would rather join all credits with all films first.
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

/// Makes a person.
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
    let person = lock(&mut tx, new.id).await?.ok_or(DbError::Invariant("reading a person just made"))?;
    record(&mut tx, author, "person.create", &person, audit::whole(&person)?).await?;
    search::refresh_person(&mut tx, person.id, &[]).await?;
    tx.commit().await?;
    Ok(person)
}

/// Edits the person if its version is still `expected_version`; `None` if it is not, or if there is no such person.
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

/// Deletes the person if no film names them. False if its version is another, or if there is no such person.
pub async fn delete(db: &Db, author: &Author, id: Uuid, expected_version: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let person = lock(&mut tx, id).await?.filter(|person| person.version == expected_version);
    let Some(person) = person else { return Ok(false) };
    let used =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM film_cast WHERE person_id = $1) AS "used!""#, id);
    if used.fetch_one(&mut *tx).await? {
        return Err(DbError::conflict(
            "people_unused",
            "films name this person in their credits; merge them into another instead",
        ));
    }
    sqlx::query!("DELETE FROM people WHERE id = $1", id).execute(&mut *tx).await?;
    record(&mut tx, author, "person.delete", &person, audit::whole(&person)?).await?;
    tx.commit().await?;
    Ok(true)
}

/// Makes one person of two: credits of `from` are of `into` afterwards, names and biographies in languages that only `from` has are
/// kept, and their addresses lead to `into`. `None` if the version of `from` is another, or if there is no such person.
pub async fn merge(
    db: &Db,
    author: &Author,
    from: Uuid,
    into: Uuid,
    expected_version: i64,
) -> Result<Option<Person>> {
    if from == into {
        return Err(DbError::conflict("people_merge_two", "nobody can be merged into themselves"));
    }
    let (mut tx, films) = lock_with_films(db, &[from, into]).await?;
    let gone = lock(&mut tx, from).await?.filter(|person| person.version == expected_version);
    let Some(gone) = gone else { return Ok(None) };
    let before = lock(&mut tx, into)
        .await?
        .ok_or_else(|| DbError::conflict("people_merge_into", "there is nobody to merge them into"))?;
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
    hand_over_portraits(&mut tx, from, into).await?;
    slug::hand_over(&mut tx, slug::Kind::Person, from, into).await?;
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

/// A transaction in which the films that name these people are locked, and then the people, each in the order of their ids; and
/// those films.
async fn lock_with_films(db: &Db, people: &[Uuid]) -> Result<(Tx, Vec<Uuid>)> {
    for _ in 0..ATTEMPTS {
        let mut tx = db.begin().await?;
        // Against edits of the same films, which replace their credits and write names from before into what search reads.
        let films = sqlx::query_scalar!(
            "SELECT id FROM films WHERE id IN (SELECT film_id FROM film_cast WHERE person_id = ANY ($1))
             ORDER BY id FOR NO KEY UPDATE",
            people
        )
        .fetch_all(&mut *tx)
        .await?;
        // Against each other, and against films that are just given one of them.
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
        // A film was given one of them in between. Waiting for it now could be waiting for who waits for us: begin anew.
    }
    Err(DbError::conflict("people_at_rest", "films of this person are being edited; try again"))
}

/// The person, locked until the transaction ends against another edit, deletion or merge of them. A film that is just given the
/// person waits as well, and then finds them gone or keeps them from being deleted.
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

/// Gives all portraits of somebody who is merged into another, and soon gone, to that other, after their own.
async fn hand_over_portraits(tx: &mut Tx, from: Uuid, into: Uuid) -> Result<()> {
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
    expect_one(done.rows_affected(), "handing over portraits")
}
