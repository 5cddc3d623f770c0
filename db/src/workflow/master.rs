//! Masters that are there: deleted, or encoded again.

use domain::id::{FileId, JobId};

use crate::{
    Db, DbError, Result, Tx, queue,
    rows::{
        audit::Author,
        build, film,
        film_file::{self, FileState, FilmFile},
    },
};

/// Deletes a master that nothing needs; its object is deleted by a job. A film keeps its newest master, which it would be encoded
/// from again, and whatever it shows or is encoding.
pub async fn delete_master(db: &Db, author: &Author, id: FileId) -> Result<()> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_unneeded", meaning));
    match file.state {
        FileState::Uploading => return refuse("it is still being uploaded; end its upload instead"),
        FileState::Expired => return refuse("its upload was given up, and nothing of it is left"),
        FileState::Uploaded | FileState::Duplicate | FileState::Refused => {}
    }
    let (is_shown, is_encoded) = build::uses_of_file(&mut tx, id).await?;
    if is_encoded || queue::has_work_on_file(&mut tx, id).await? {
        return refuse("it is being encoded; wait, or cancel that first");
    }
    if is_shown {
        return refuse("the film shows what was made of it");
    }
    if file.state == FileState::Uploaded && film_file::newest_master(&mut tx, file.film_id).await? == Some(id)
    {
        return refuse("it is the film's newest master; upload another first, or purge the film");
    }
    film_file::mark_deleted(&mut tx, id).await?;
    // A duplicate was not stored a second time.
    if file.state != FileState::Duplicate {
        queue::insert_collect_of_file(&mut tx, file.film_id, id).await?;
    }
    film_file::record(&mut tx, author, "file.delete", &file).await?;
    tx.commit().await?;
    Ok(())
}

/// Has a stored master probed and encoded again, with the profile that its film has now.
pub async fn encode_master(db: &Db, author: &Author, id: FileId) -> Result<JobId> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_encodable", meaning));
    if file.state != FileState::Uploaded {
        return refuse("only a master that is whole and was not refused can be encoded");
    }
    if film::is_deleted(&mut tx, file.film_id).await? {
        return refuse("the film is deleted");
    }
    let (_, is_encoded) = build::uses_of_file(&mut tx, id).await?;
    if is_encoded || queue::has_work_on_file(&mut tx, id).await? {
        return refuse("it is being encoded already");
    }
    let probe = queue::insert_probe(&mut tx, file.film_id, id).await?;
    film::mark_processing(&mut tx, file.film_id).await?;
    film_file::record(&mut tx, author, "file.encode", &file).await?;
    tx.commit().await?;
    Ok(probe)
}

/// The file, behind its film's lock, unless it was deleted. A file's film never changes, so it may be looked up before.
async fn lock(tx: &mut Tx, id: FileId) -> Result<FilmFile> {
    let film = film_file::film_of(tx, id).await?.ok_or(DbError::NotFound)?;
    film::lock(tx, film).await?;
    film_file::lock(tx, id).await?.ok_or(DbError::NotFound)
}
