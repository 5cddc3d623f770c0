//! Images of films and people. The bytes are objects named by `domain::key`. Only the position and the focal point of a row ever
//! change; a new image is a new row.
//!
//! Objects are stored before their row is inserted and deleted after it: [`reserve`] records that they are about to be stored, [`add`]
//! that they are stored. [`take_removals`] returns images that were reserved and never added, and deleted ones, until
//! [`confirm_removal`].

use domain::id::{FilmId, ImageId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Db, DbError, Result, Tx,
    rows::{
        audit::{self, Author, Entry},
        film::Texts,
    },
};

text_enum! {
    /// The use of an image.
    ImageKind {
        /// An upright image with the title.
        Poster = "poster",
        /// A wide image for the background of the film's page.
        Backdrop = "backdrop",
        /// A frame of the film.
        Still = "still",
        /// An image of a person.
        Portrait = "portrait",
    }
}

/// Maximum number of images of one film or person.
pub const MAX_IMAGES: usize = 100;

/// The owner of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A film, for a poster, backdrop or still.
    Film(FilmId),
    /// A person, for a portrait.
    Person(Uuid),
}

/// The point of an image that stays in sight where the image is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Focus {
    /// Thousandths of the width, from the left; at most 1000.
    pub x: u16,
    /// Thousandths of the height, from the top; at most 1000.
    pub y: u16,
}

/// The public facts of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its id, also in the names of its objects.
    pub id: ImageId,
    /// Its use.
    pub kind: ImageKind,
    /// Width of the uploaded image in pixels, as displayed.
    pub width: u32,
    /// Height of the uploaded image in pixels, as displayed.
    pub height: u32,
    /// Available widths in pixels, ascending.
    pub widths: Vec<u32>,
    /// Colour as `#rrggbb`, shown until the image is loaded.
    pub placeholder_colour: String,
    /// The point that stays in sight where the image is cut; `None` for the centre.
    pub focus: Option<Focus>,
}

/// An image whose objects are stored.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// Its public facts.
    pub image: Image,
    /// Media type of the uploaded image.
    pub media_type: &'static str,
    /// Size of all its objects.
    pub size_bytes: u64,
}

impl Owner {
    fn film(self) -> Option<Uuid> {
        match self {
            Self::Film(film) => Some(film.0),
            Self::Person(_) => None,
        }
    }

    fn person(self) -> Option<Uuid> {
        match self {
            Self::Film(_) => None,
            Self::Person(person) => Some(person),
        }
    }
}

/// Returns the images of a film or person, by kind and in their order.
pub async fn list(db: &Db, owner: Owner) -> Result<Vec<Image>> {
    let images = sqlx::query_scalar!(
        r#"SELECT image_facts(images) AS "image!: Json<Image>" FROM images
           WHERE film_id = $1 OR person_id = $2
           ORDER BY kind, position, id"#,
        owner.film(),
        owner.person(),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(images.into_iter().map(|image| image.0).collect())
}

/// Returns the owner of an image; `None` if the image does not exist.
pub async fn owner(db: &Db, id: ImageId) -> Result<Option<Owner>> {
    let row = sqlx::query!("SELECT film_id, person_id FROM images WHERE id = $1", id.0)
        .fetch_optional(&db.pools.all)
        .await?;
    Ok(row.and_then(|row| row.film_id.map(|id| Owner::Film(FilmId(id))).or(row.person_id.map(Owner::Person))))
}

/// Returns the version of the film or person; `None` if it does not exist.
pub async fn owner_version(db: &Db, owner: Owner) -> Result<Option<i64>> {
    let version = sqlx::query_scalar!(
        r#"SELECT version AS "version!" FROM films WHERE id = $1 UNION ALL SELECT version FROM people WHERE id = $2"#,
        owner.film(),
        owner.person(),
    );
    Ok(version.fetch_optional(&db.pools.all).await?)
}

/// Records that the objects of an image are about to be stored. They are deleted if the image is not added within an hour.
pub async fn reserve(db: &Db, id: ImageId) -> Result<()> {
    sqlx::query!(
        "INSERT INTO image_removals (image_id, due_at) VALUES ($1, now() + interval '1 hour')",
        id.0
    )
    .execute(&db.pools.all)
    .await?;
    Ok(())
}

/// Cancels a reservation: the objects that were stored are deleted.
pub async fn cancel_reservation(db: &Db, id: ImageId) -> Result<()> {
    sqlx::query!(
        "INSERT INTO image_removals (image_id) VALUES ($1) ON CONFLICT (image_id) DO UPDATE SET due_at = now()",
        id.0
    )
    .execute(&db.pools.all)
    .await?;
    Ok(())
}

/// Adds a reserved image whose objects are stored, as the last of its kind. Returns the new version of its film or person; `None` if
/// the version is no longer `expected_version`, or if the film or person does not exist.
pub async fn add(
    db: &Db,
    author: &Author,
    owner: Owner,
    new: &NewImage,
    expected_version: i64,
) -> Result<Option<i64>> {
    let mut tx = db.begin().await?;
    if !lock(&mut tx, owner, expected_version).await? {
        return Ok(None);
    }
    let kept =
        sqlx::query!("DELETE FROM image_removals WHERE image_id = $1 AND NOT collecting", new.image.id.0)
            .execute(&mut *tx)
            .await?;
    if kept.rows_affected() == 0 {
        return Err(DbError::conflict("images_in_time", "storing the image took too long; upload it again"));
    }
    let image = &new.image;
    let before = ids(&mut tx, owner).await?;
    if before.len() >= MAX_IMAGES {
        return Err(DbError::conflict("images_not_too_many", "the film or person already has 100 images"));
    }
    let widths: Vec<i32> = image.widths.iter().map(|width| width.cast_signed()).collect();
    sqlx::query!(
        "INSERT INTO images (id, film_id, person_id, kind, media_type, width, height, size_bytes, widths, placeholder_colour, position)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
                coalesce((SELECT max(position) + 1 FROM images WHERE film_id = $2 OR person_id = $3), 0)",
        image.id.0,
        owner.film(),
        owner.person(),
        image.kind.as_str(),
        new.media_type,
        image.width.cast_signed(),
        image.height.cast_signed(),
        new.size_bytes.cast_signed(),
        &widths,
        image.placeholder_colour,
    )
    .execute(&mut *tx)
    .await?;
    finish(tx, author, owner, "image.create", json!({ "image": image })).await.map(Some)
}

/// Deletes the image; its objects are deleted soon afterwards. Returns the new version of its film or person; `None` if the version is
/// no longer `expected_version`, or if the image does not exist.
pub async fn delete(db: &Db, author: &Author, id: ImageId, expected_version: i64) -> Result<Option<i64>> {
    let Some(owner) = owner(db, id).await? else { return Ok(None) };
    let mut tx = db.begin().await?;
    if !lock(&mut tx, owner, expected_version).await? {
        return Ok(None);
    }
    // A merge may have moved the image to another person since; then the lock is on its former owner.
    let gone = sqlx::query_scalar!(
        r#"DELETE FROM images WHERE id = $1 AND (film_id = $2 OR person_id = $3)
           RETURNING image_facts(images) AS "image!: Json<Image>""#,
        id.0,
        owner.film(),
        owner.person(),
    );
    let Some(gone) = gone.fetch_optional(&mut *tx).await? else { return Ok(None) };
    finish(tx, author, owner, "image.delete", json!({ "image": gone.0 })).await.map(Some)
}

/// Sets the focal point of the image; `None` for the centre. Returns the new version of its film or person; `None` if the version is no
/// longer `expected_version`, or if the image does not exist.
pub async fn set_focus(
    db: &Db,
    author: &Author,
    id: ImageId,
    focus: Option<Focus>,
    expected_version: i64,
) -> Result<Option<i64>> {
    let Some(owner) = owner(db, id).await? else { return Ok(None) };
    let mut tx = db.begin().await?;
    if !lock(&mut tx, owner, expected_version).await? {
        return Ok(None);
    }
    // As in `delete`: a merge may have moved the image to another person since.
    let changed = sqlx::query_scalar!(
        r#"UPDATE images SET focus_x = $4, focus_y = $5 WHERE id = $1 AND (film_id = $2 OR person_id = $3)
           RETURNING image_facts(images) AS "image!: Json<Image>""#,
        id.0,
        owner.film(),
        owner.person(),
        focus.map(|focus| focus.x.cast_signed()),
        focus.map(|focus| focus.y.cast_signed()),
    );
    let Some(changed) = changed.fetch_optional(&mut *tx).await? else { return Ok(None) };
    finish(tx, author, owner, "image.focus", json!({ "image": changed.0 })).await.map(Some)
}

/// Sets the order of all images of a film or person. Returns its new version; `None` if the version is no longer `expected_version`,
/// or if the film or person does not exist.
pub async fn order(
    db: &Db,
    author: &Author,
    owner: Owner,
    order: &[Uuid],
    expected_version: i64,
) -> Result<Option<i64>> {
    let mut tx = db.begin().await?;
    if !lock(&mut tx, owner, expected_version).await? {
        return Ok(None);
    }
    let before = ids(&mut tx, owner).await?;
    let sorted = |ids: &[Uuid]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    if sorted(&before) != sorted(order) {
        return Err(DbError::conflict(
            "images_ordered_whole",
            "the order must list each of its images exactly once",
        ));
    }
    sqlx::query!(
        "UPDATE images SET position = wanted.place - 1
         FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place) WHERE images.id = wanted.id",
        order,
    )
    .execute(&mut *tx)
    .await?;
    finish(tx, author, owner, "image.order", json!({ "images": [before, order] })).await.map(Some)
}

/// Returns at most `limit` images whose objects are due for deletion, and reserves them for the caller for ten minutes.
pub async fn take_removals(db: &Db, limit: u32) -> Result<Vec<ImageId>> {
    let ids = sqlx::query_scalar!(
        "UPDATE image_removals SET collecting = true, due_at = now() + interval '10 minutes'
         WHERE image_id IN (SELECT image_id FROM image_removals WHERE due_at <= now() ORDER BY due_at LIMIT $1
                            FOR UPDATE SKIP LOCKED)
         RETURNING image_id",
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(ids.into_iter().map(ImageId).collect())
}

/// Records that the objects of this image are deleted.
pub async fn confirm_removal(db: &Db, id: ImageId) -> Result<()> {
    sqlx::query!("DELETE FROM image_removals WHERE image_id = $1 AND collecting", id.0)
        .execute(&db.pools.all)
        .await?;
    Ok(())
}

/// Locks the film or person until the transaction ends, against all other edits. Returns false if its version is not
/// `expected_version`.
async fn lock(tx: &mut Tx, owner: Owner, expected_version: i64) -> Result<bool> {
    let version = match owner {
        Owner::Film(film) => {
            sqlx::query_scalar!("SELECT version FROM films WHERE id = $1 FOR NO KEY UPDATE", film.0)
                .fetch_optional(&mut **tx)
                .await?
        }
        Owner::Person(person) => {
            sqlx::query_scalar!("SELECT version FROM people WHERE id = $1 FOR UPDATE", person)
                .fetch_optional(&mut **tx)
                .await?
        }
    };
    Ok(version == Some(expected_version))
}

async fn ids(tx: &mut Tx, owner: Owner) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM images WHERE film_id = $1 OR person_id = $2 ORDER BY kind, position, id",
        owner.film(),
        owner.person(),
    );
    Ok(ids.fetch_all(&mut **tx).await?)
}

/// Increments the owner's version, copies its first images to the columns that lists read, and writes the audit log.
async fn finish(
    mut tx: Tx,
    author: &Author,
    owner: Owner,
    action: &'static str,
    changes: serde_json::Value,
) -> Result<i64> {
    let (subject, subject_id, version, names) = match owner {
        Owner::Film(film) => {
            let row = sqlx::query!(
                r#"UPDATE films SET version = version + 1, updated_at = now(), poster = film_poster(id), backdrop = film_backdrop(id) WHERE id = $1
                   RETURNING version, titles AS "names: Json<Texts>""#,
                film.0,
            );
            let row = row.fetch_one(&mut *tx).await?;
            ("film", film.0, row.version, row.names.0)
        }
        Owner::Person(person) => {
            let row = sqlx::query!(
                r#"UPDATE people SET version = version + 1, portrait = person_portrait(id) WHERE id = $1
                   RETURNING version, names AS "names: Json<Texts>""#,
                person,
            );
            let row = row.fetch_one(&mut *tx).await?;
            ("person", person, row.version, row.names.0)
        }
    };
    let label = audit::label(&names);
    audit::record(&mut tx, Entry { author, action, subject, subject_id: Some(subject_id), label, changes })
        .await?;
    tx.commit().await?;
    Ok(version)
}
