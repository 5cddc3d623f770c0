//! What the database says storage must have, and what it may have: for checks of the whole storage.

use domain::{
    id::{BuildId, FileId, FilmId, ImageId, PresentationId},
    key::{BuildRoot, PresentationRoot},
};
use uuid::Uuid;

use crate::{Db, Result};

/// Something that has objects in storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// Where it is.
    pub at: T,
    /// Whether its objects must be stored. Otherwise they may be: it is being made or deleted.
    pub is_needed: bool,
}

/// A master, dub or subtitle file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id.
    pub id: FileId,
    /// Its size.
    pub size_bytes: u64,
    /// Its hash, if it was received to its end.
    pub sha256: Option<String>,
}

/// What a film has in storage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilmObjects {
    /// Its files.
    pub files: Vec<Stored<StoredFile>>,
    /// Its builds.
    pub builds: Vec<Stored<BuildRoot>>,
    /// Its presentations.
    pub presentations: Vec<Stored<PresentationRoot>>,
}

/// Returns what a film has in storage; nothing for a film that does not exist.
pub async fn of_film(db: &Db, film: FilmId) -> Result<FilmObjects> {
    let files = sqlx::query!(
        r#"SELECT file.id, file.size_bytes, file.sha256,
                  file.state = 'uploaded' AND file.deleted_at IS NULL AND film.purge_began_at IS NULL AS "is_needed!"
           FROM film_files AS file JOIN films AS film ON film.id = file.film_id WHERE file.film_id = $1 ORDER BY file.id"#,
        film.0
    )
    .fetch_all(&db.pools.all)
    .await?;
    let builds = sqlx::query!(
        r#"SELECT build.id, build.is_legacy, build.state IN ('ready', 'damaged') AND build.objects_deletion_began_at IS NULL
                  AND film.purge_began_at IS NULL AS "is_needed!"
           FROM builds AS build JOIN films AS film ON film.id = build.film_id
           WHERE build.film_id = $1 AND build.objects_deleted_at IS NULL ORDER BY build.id"#,
        film.0
    )
    .fetch_all(&db.pools.all)
    .await?;
    let presentations = sqlx::query!(
        r#"SELECT shown.id, shown.build_id, shown.is_legacy, shown.shown_at IS NOT NULL AND shown.retired_at IS NULL
                  AND film.purge_began_at IS NULL AS "is_needed!"
           FROM presentations AS shown JOIN films AS film ON film.id = shown.film_id
           WHERE shown.film_id = $1 ORDER BY shown.id"#,
        film.0
    )
    .fetch_all(&db.pools.all)
    .await?;
    let build_root = |id: Uuid, is_legacy: bool| {
        if is_legacy { BuildRoot::Legacy(film, BuildId(id)) } else { BuildRoot::Film(film, BuildId(id)) }
    };
    let presentation_root = |id: Uuid, build: Uuid, is_legacy: bool| {
        if is_legacy {
            PresentationRoot::Legacy(film, BuildId(build))
        } else {
            PresentationRoot::Film(film, PresentationId(id))
        }
    };
    Ok(FilmObjects {
        files: files
            .into_iter()
            .map(|row| Stored {
                at: StoredFile {
                    id: FileId(row.id),
                    size_bytes: u64::try_from(row.size_bytes).unwrap_or(0),
                    sha256: row.sha256,
                },
                is_needed: row.is_needed,
            })
            .collect(),
        builds: builds
            .into_iter()
            .map(|row| Stored { at: build_root(row.id, row.is_legacy), is_needed: row.is_needed })
            .collect(),
        presentations: presentations
            .into_iter()
            .map(|row| Stored {
                at: presentation_root(row.id, row.build_id, row.is_legacy),
                is_needed: row.is_needed,
            })
            .collect(),
    })
}

/// Lists the ids of all films after `after`, in order.
pub async fn films(db: &Db, after: Option<FilmId>, limit: u32) -> Result<Vec<FilmId>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM films WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2",
        after.map(|film| film.0),
        i64::from(limit)
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(ids.into_iter().map(FilmId).collect())
}

/// Lists images with the size of all their objects, after `after`, in order.
pub async fn images(db: &Db, after: Option<ImageId>, limit: u32) -> Result<Vec<(ImageId, u64)>> {
    let rows = sqlx::query!(
        "SELECT id, size_bytes FROM images WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2",
        after.map(|image| image.0),
        i64::from(limit)
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(|row| (ImageId(row.id), u64::try_from(row.size_bytes).unwrap_or(0))).collect())
}

/// Returns which of these files have a row.
pub async fn existing_files(db: &Db, files: &[FileId]) -> Result<Vec<FileId>> {
    let ids: Vec<Uuid> = files.iter().map(|file| file.0).collect();
    let found = sqlx::query_scalar!("SELECT id FROM film_files WHERE id = ANY($1)", &ids)
        .fetch_all(&db.pools.all)
        .await?;
    Ok(found.into_iter().map(FileId).collect())
}

/// Returns which of these films exist.
pub async fn films_exist(db: &Db, films: &[FilmId]) -> Result<Vec<FilmId>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let found =
        sqlx::query_scalar!("SELECT id FROM films WHERE id = ANY($1)", &ids).fetch_all(&db.pools.all).await?;
    Ok(found.into_iter().map(FilmId).collect())
}

/// Returns the size of an image's objects; `None` if there is no such image.
pub async fn image_size(db: &Db, image: ImageId) -> Result<Option<u64>> {
    let size = sqlx::query_scalar!("SELECT size_bytes FROM images WHERE id = $1", image.0)
        .fetch_optional(&db.pools.all)
        .await?;
    Ok(size.map(|size| u64::try_from(size).unwrap_or(0)))
}

/// Whether an image exists, is being added, or waits for its deletion.
pub async fn is_known_image(db: &Db, image: ImageId) -> Result<bool> {
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM images WHERE id = $1)
               OR EXISTS (SELECT FROM image_removals WHERE image_id = $1) AS "known!""#,
        image.0
    );
    Ok(known.fetch_one(&db.pools.all).await?)
}
