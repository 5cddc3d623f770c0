//! Slugs: readable parts of URLs. Each belongs to one resource, and a former slug redirects to the resource. Purging a resource frees
//! its slugs.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
};

use domain::{
    id::FilmId,
    slug::{InvalidSlug, Slug},
};
use uuid::Uuid;

use crate::{Db, DbError, Result, Tx, rows::film::Texts};

text_enum! {
    /// A kind of resource that has slugs.
    Kind {
        /// A film.
        Film = "film",
        /// A genre.
        Genre = "genre",
        /// A person in the credits.
        Person = "person",
        /// A category.
        Category = "category",
    }
}

/// Highest number that is appended to a slug before digits of the id are used instead.
const MAX_NUMBER: i32 = 500;
/// Attempts to take a free slug: another transaction may take a candidate between the search and the insert.
const ATTEMPTS: u32 = 5;

/// How a route names a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// By id.
    Id(Uuid),
    /// By slug, current or former.
    Slug(Slug),
}

impl FromStr for Address {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> std::result::Result<Self, InvalidSlug> {
        // Accepts only one spelling of an id, as everywhere in the API.
        match text.parse::<FilmId>() {
            Ok(id) => Ok(Self::Id(id.0)),
            Err(_) => text.parse().map(Self::Slug),
        }
    }
}

impl Address {
    /// Whether this is a slug other than the current one.
    pub fn is_former(&self, present: &str) -> bool {
        matches!(self, Self::Slug(slug) if slug.as_str() != present)
    }
}

/// Returns the id of the resource that has or had this slug. An id is returned as it is, even if no such resource exists.
pub async fn locate(db: &Db, kind: Kind, address: &Address) -> Result<Option<Uuid>> {
    match address {
        Address::Id(id) => Ok(Some(*id)),
        Address::Slug(slug) => find(db, kind, slug).await,
    }
}

/// Returns the resource that has or had this slug.
async fn find(db: &Db, kind: Kind, slug: &Slug) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        r#"SELECT coalesce(film_id, genre_id, person_id, category_id) AS "id!" FROM slugs WHERE kind = $1 AND slug = $2"#,
        kind.as_str(),
        slug.as_str(),
    );
    Ok(id.fetch_optional(&db.pools.all).await?)
}

/// Takes a slug for a resource that this transaction creates: the slug that the editor chose, or one derived from the names.
pub(crate) async fn of_new(
    tx: &mut Tx,
    kind: Kind,
    id: Uuid,
    chosen: Option<Slug>,
    names: &Texts,
) -> Result<String> {
    match chosen {
        Some(slug) => take(tx, kind, id, &slug).await.map(|()| slug.to_string()),
        None => allocate(tx, kind, id, &Slug::of_titles(names, kind.as_str())).await,
    }
}

/// Takes the first free slug of `base`, `base-2`, `base-3` … for a resource that this transaction creates.
async fn allocate(tx: &mut Tx, kind: Kind, id: Uuid, base: &Slug) -> Result<String> {
    for _ in 0..ATTEMPTS {
        // Of two transactions that take the same slug at once, the second waits here for the first and then tries the next slug.
        let taken = sqlx::query_scalar!(
            "INSERT INTO slugs (kind, slug, film_id, genre_id, person_id, category_id)
             SELECT $1, candidate.slug, CASE $1 WHEN 'film' THEN $3::uuid END, CASE $1 WHEN 'genre' THEN $3::uuid END,
                    CASE $1 WHEN 'person' THEN $3::uuid END, CASE $1 WHEN 'category' THEN $3::uuid END
             FROM (SELECT number, CASE number WHEN 1 THEN $2 ELSE $2 || '-' || number END AS slug
                   FROM generate_series(1, $4::integer) AS number) AS candidate
             WHERE NOT EXISTS (SELECT FROM slugs WHERE slugs.kind = $1 AND slugs.slug = candidate.slug)
             ORDER BY candidate.number LIMIT 1
             ON CONFLICT DO NOTHING RETURNING slug",
            kind.as_str(),
            base.as_str(),
            id,
            MAX_NUMBER,
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(slug) = taken {
            return Ok(slug);
        }
    }
    let unlike_any = format!("{base}-{}", &id.simple().to_string()[20..]);
    let slug = unlike_any.parse().map_err(|_| DbError::Invariant("deriving a slug from a slug"))?;
    take(tx, kind, id, &slug).await?;
    Ok(unlike_any)
}

/// Takes a slug that an editor chose. A resource may take one of its former slugs again.
pub(crate) async fn take(tx: &mut Tx, kind: Kind, id: Uuid, slug: &Slug) -> Result<()> {
    let owner = sqlx::query_scalar!(
        r#"INSERT INTO slugs (kind, slug, film_id, genre_id, person_id, category_id)
           VALUES ($1, $2, CASE $1 WHEN 'film' THEN $3::uuid END, CASE $1 WHEN 'genre' THEN $3::uuid END,
                   CASE $1 WHEN 'person' THEN $3::uuid END, CASE $1 WHEN 'category' THEN $3::uuid END)
           ON CONFLICT (kind, slug) DO UPDATE SET slug = excluded.slug
           RETURNING coalesce(film_id, genre_id, person_id, category_id) AS "id!""#,
        kind.as_str(),
        slug.as_str(),
        id,
    )
    .fetch_one(&mut **tx)
    .await?;
    if owner == id {
        Ok(())
    } else {
        Err(DbError::conflict("slugs_pkey", "another resource has or had the slug"))
    }
}

/// Takes slugs that an editor chose, each for its resource. The error does not say which slug is taken.
pub(crate) async fn take_all(tx: &mut Tx, kind: Kind, chosen: &[(Uuid, Slug)]) -> Result<()> {
    let ids: Vec<Uuid> = chosen.iter().map(|(id, _)| *id).collect();
    let slugs: Vec<String> = chosen.iter().map(|(_, slug)| slug.to_string()).collect();
    insert_all(tx, kind, &ids, &slugs).await?;
    let others = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM unnest($2::uuid[], $3::text[]) AS wanted (id, slug)
           JOIN slugs ON slugs.kind = $1 AND slugs.slug = wanted.slug
           WHERE coalesce(film_id, genre_id, person_id, category_id) <> wanted.id"#,
        kind.as_str(),
        &ids,
        &slugs,
    )
    .fetch_one(&mut **tx)
    .await?;
    if others == 0 {
        Ok(())
    } else {
        Err(DbError::conflict("slugs_pkey", "another resource has or had the slug"))
    }
}

/// Like [`allocate`], for many resources that this transaction creates. Returns their slugs in the same order.
pub(crate) async fn allocate_all(tx: &mut Tx, kind: Kind, bases: &[(Uuid, Slug)]) -> Result<Vec<String>> {
    let plain: HashSet<&str> = bases.iter().map(|(_, base)| base.as_str()).collect();
    let mut taken = taken(tx, kind, plain.iter().map(|base| (*base).to_owned()).collect()).await?;
    // Numbered slugs are looked up only for bases that may need one.
    let mut seen = HashSet::new();
    let again = bases.iter().filter(|(_, base)| !seen.insert(base.as_str())).map(|(_, base)| base.as_str());
    let crowded: HashSet<&str> =
        again.chain(plain.iter().copied().filter(|base| taken.contains(*base))).collect();
    let numbered = crowded.iter().flat_map(|base| (2..=MAX_NUMBER).map(move |n| format!("{base}-{n}")));
    taken.extend(self::taken(tx, kind, numbered.collect()).await?);
    let mut next: HashMap<&str, i32> = HashMap::new();
    let mut slugs = Vec::with_capacity(bases.len());
    for (id, base) in bases {
        let number = next.entry(base.as_str()).or_insert(1);
        let slug = loop {
            let candidate = match *number {
                1 => base.to_string(),
                n if n <= MAX_NUMBER => format!("{base}-{n}"),
                _ => format!("{base}-{}", &id.simple().to_string()[20..]),
            };
            *number = number.saturating_add(1);
            if taken.insert(candidate.clone()) {
                break candidate;
            }
        };
        slugs.push(slug);
    }
    let ids: Vec<Uuid> = bases.iter().map(|(id, _)| *id).collect();
    let inserted = insert_all(tx, kind, &ids, &slugs).await?;
    if inserted == slugs.len() as u64 {
        Ok(slugs)
    } else {
        Err(DbError::conflict("slugs_pkey", "another request has just taken one of the slugs; try again"))
    }
}

/// Returns which of these slugs are taken.
async fn taken(tx: &mut Tx, kind: Kind, slugs: Vec<String>) -> Result<HashSet<String>> {
    let taken = sqlx::query_scalar!(
        "SELECT slug FROM slugs WHERE kind = $1 AND slug = ANY ($2)",
        kind.as_str(),
        &slugs
    );
    Ok(taken.fetch_all(&mut **tx).await?.into_iter().collect())
}

/// Takes the free slugs of these and returns their number. In alphabetical order, so that two transactions do not deadlock.
async fn insert_all(tx: &mut Tx, kind: Kind, ids: &[Uuid], slugs: &[String]) -> Result<u64> {
    let done = sqlx::query!(
        "INSERT INTO slugs (kind, slug, film_id, genre_id, person_id, category_id)
         SELECT $1, wanted.slug, CASE $1 WHEN 'film' THEN wanted.id END, CASE $1 WHEN 'genre' THEN wanted.id END,
                CASE $1 WHEN 'person' THEN wanted.id END, CASE $1 WHEN 'category' THEN wanted.id END
         FROM unnest($2::uuid[], $3::text[]) AS wanted (id, slug) ORDER BY wanted.slug
         ON CONFLICT DO NOTHING",
        kind.as_str(),
        ids,
        slugs,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Moves all slugs of a resource that is being merged to the other resource.
pub(crate) async fn transfer(tx: &mut Tx, kind: Kind, from: Uuid, into: Uuid) -> Result<()> {
    sqlx::query!(
        "UPDATE slugs SET genre_id = CASE $1 WHEN 'genre' THEN $3::uuid END, person_id = CASE $1 WHEN 'person' THEN $3::uuid END
         WHERE kind = $1 AND ($1 = 'genre' AND genre_id = $2 OR $1 = 'person' AND person_id = $2)",
        kind.as_str(),
        from,
        into,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
