//! What editors do with masters that are there: take one away, or have it encoded again.

use domain::id::{FileId, FilmId, JobId};

use super::{FileState, FilmFile, record, select_files};
use crate::{Db, DbError, Result, Tx, audit::Author, film, job};

/// Takes away a master that nothing needs; its object is removed by a job. A film keeps its newest master, which it would be encoded
/// from again, and whatever it shows or is encoding.
pub async fn remove(db: &Db, author: &Author, id: FileId) -> Result<()> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_unneeded", meaning));
    match file.state {
        FileState::Uploading => return refuse("it is still being uploaded; end its upload instead"),
        FileState::Expired => return refuse("its upload was given up, and nothing of it is left"),
        FileState::Uploaded | FileState::Duplicate | FileState::Refused => {}
    }
    let used = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM builds WHERE file_id = $1 AND state = 'ready') AS "shown!",
                  EXISTS (SELECT FROM builds WHERE file_id = $1 AND state IN ('encoding', 'publishing'))
                      OR EXISTS (SELECT FROM jobs WHERE file_id = $1 AND state IN ('queued', 'running')) AS "read!",
                  NOT EXISTS (SELECT FROM film_files other
                              WHERE other.film_id = $2 AND other.state = 'uploaded' AND other.deleted_at IS NULL
                                AND (other.created_at, other.id) > ($3, $1)) AS "newest!""#,
        id.0,
        file.film_id.0,
        file.created_at,
    )
    .fetch_one(&mut *tx)
    .await?;
    if used.read {
        return refuse("it is being encoded; wait, or cancel that first");
    }
    if used.shown {
        return refuse("the film shows what was made of it");
    }
    if used.newest && file.state == FileState::Uploaded {
        return refuse("it is the film's newest master; upload another first, or purge the film");
    }
    sqlx::query!("UPDATE film_files SET deleted_at = now() WHERE id = $1", id.0).execute(&mut *tx).await?;
    // A duplicate was not stored a second time.
    if file.state != FileState::Duplicate {
        job::insert_collect_of_file(&mut tx, file.film_id, id).await?;
    }
    record(&mut tx, author, "file.delete", &file).await?;
    tx.commit().await?;
    Ok(())
}

/// Has a stored master probed and encoded again, with the profile that its film has now.
pub async fn encode(db: &Db, author: &Author, id: FileId) -> Result<JobId> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_encodable", meaning));
    if file.state != FileState::Uploaded {
        return refuse("only a master that is whole and was not refused can be encoded");
    }
    if film::is_deleted(&mut tx, file.film_id).await? {
        return refuse("the film is deleted");
    }
    let busy = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM builds WHERE file_id = $1 AND state IN ('encoding', 'publishing'))
               OR EXISTS (SELECT FROM jobs WHERE file_id = $1 AND state IN ('queued', 'running')) AS "busy!""#,
        id.0
    );
    if busy.fetch_one(&mut *tx).await? {
        return refuse("it is being encoded already");
    }
    let probe = job::insert_probe(&mut tx, file.film_id, id).await?;
    film::mark_processing(&mut tx, file.film_id).await?;
    record(&mut tx, author, "file.encode", &file).await?;
    tx.commit().await?;
    Ok(probe)
}

/// The file, behind its film's lock, unless it was taken away. A file's film never changes, so it may be looked up before.
async fn lock(tx: &mut Tx, id: FileId) -> Result<FilmFile> {
    let film = sqlx::query_scalar!("SELECT film_id FROM film_files WHERE id = $1", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(DbError::NotFound)?;
    film::lock(tx, FilmId(film)).await?;
    let row = select_files!("WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", id.0);
    row.fetch_optional(&mut **tx).await?.map(FilmFile::from).ok_or(DbError::NotFound)
}
