//! Readable addresses: each is given out once, and a former one leads to what has it still. Who is deleted for good gives them back.

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
    /// What has an address.
    Kind {
        /// A film.
        Film = "film",
        /// A genre.
        Genre = "genre",
        /// Somebody in the credits.
        Person = "person",
        /// A category.
        Category = "category",
    }
}

/// Candidates beside the plain one that are tried before an id's digits are put in.
const MAX_NUMBER: i32 = 500;
/// Others may take a candidate between looking and taking.
const ATTEMPTS: u32 = 5;

/// How a thing is named in a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// By id.
    Id(Uuid),
    /// By slug, perhaps a former one.
    Slug(Slug),
}

impl FromStr for Address {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> std::result::Result<Self, InvalidSlug> {
        // One spelling of an id, as everywhere.
        match text.parse::<FilmId>() {
            Ok(id) => Ok(Self::Id(id.0)),
            Err(_) => text.parse().map(Self::Slug),
        }
    }
}

impl Address {
    /// Whether this is another address than the present one.
    pub fn is_former(&self, present: &str) -> bool {
        matches!(self, Self::Slug(slug) if slug.as_str() != present)
    }
}

/// The id of what has this address or had it; an id may be of nothing.
pub async fn locate(db: &Db, kind: Kind, address: &Address) -> Result<Option<Uuid>> {
    match address {
        Address::Id(id) => Ok(Some(*id)),
        Address::Slug(slug) => find(db, kind, slug).await,
    }
}

/// What has this address, or had it.
async fn find(db: &Db, kind: Kind, slug: &Slug) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        r#"SELECT coalesce(film_id, genre_id, person_id, category_id) AS "id!" FROM slugs WHERE kind = $1 AND slug = $2"#,
        kind.as_str(),
        slug.as_str(),
    );
    Ok(id.fetch_optional(&db.pools.all).await?)
}

/// The address of a thing that is made in this transaction: the one an editor chose, or one made of its names.
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

/// Takes the first free one of `base`, `base-2`, `base-3` … for a thing that is made in this transaction.
async fn allocate(tx: &mut Tx, kind: Kind, id: Uuid, base: &Slug) -> Result<String> {
    for _ in 0..ATTEMPTS {
        // Whoever takes the same one at the same moment waits here for the other, and then tries the next.
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
    let slug = unlike_any.parse().map_err(|_| DbError::Invariant("a slug made of a slug"))?;
    take(tx, kind, id, &slug).await?;
    Ok(unlike_any)
}

/// Takes this one, chosen by an editor. One that the same thing had before may be taken again.
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
    if owner == id { Ok(()) } else { Err(DbError::conflict("slugs_pkey", "the slug is or was another's")) }
}

/// Takes these, chosen by an editor, each for its thing; the error does not say which is another's.
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
    if others == 0 { Ok(()) } else { Err(DbError::conflict("slugs_pkey", "the slug is or was another's")) }
}

/// As [`allocate`] for many things that are made in this transaction; their addresses, in the same order.
pub(crate) async fn allocate_all(tx: &mut Tx, kind: Kind, bases: &[(Uuid, Slug)]) -> Result<Vec<String>> {
    let plain: HashSet<&str> = bases.iter().map(|(_, base)| base.as_str()).collect();
    let mut taken = taken(tx, kind, plain.iter().map(|base| (*base).to_owned()).collect()).await?;
    // Numbered ones are looked up only for those that may need one.
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
        Err(DbError::conflict("slugs_pkey", "somebody else has just taken one of the slugs; try again"))
    }
}

/// Which of these have been given out.
async fn taken(tx: &mut Tx, kind: Kind, slugs: Vec<String>) -> Result<HashSet<String>> {
    let taken = sqlx::query_scalar!(
        "SELECT slug FROM slugs WHERE kind = $1 AND slug = ANY ($2)",
        kind.as_str(),
        &slugs
    );
    Ok(taken.fetch_all(&mut **tx).await?.into_iter().collect())
}

/// Takes those that are free. In their order, so that two transactions that want the same do not wait for each other.
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

/// Gives every address of a thing that is merged into another, and soon gone, to that other.
pub(crate) async fn hand_over(tx: &mut Tx, kind: Kind, from: Uuid, into: Uuid) -> Result<()> {
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
