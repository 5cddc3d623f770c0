//! Deleting stored masters and dubs, and encoding masters again.

use domain::id::{FileId, JobId};

use crate::{
    Db, DbError, Result, Tx, queue,
    rows::{
        audit::Author,
        build, film,
        film_file::{self, FilePurpose, FileState, FilmFile},
    },
};

/// Deletes a master or a dub's file that is no longer needed; a job deletes its object. Rejects the film's newest master, from which the
/// film would be encoded again, and files of builds that are shown or in progress.
pub async fn delete_master(db: &Db, author: &Author, id: FileId) -> Result<()> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_unneeded", meaning));
    match file.state {
        FileState::Uploading => return refuse("the file is still being uploaded; delete the upload instead"),
        FileState::Expired => return refuse("the upload expired, and no data of it is left"),
        FileState::Uploaded | FileState::Duplicate | FileState::Refused => {}
    }
    let (is_shown, is_encoded) = build::uses_of_file(&mut tx, id).await?;
    if is_encoded || queue::has_work_on_file(&mut tx, id).await? {
        return refuse("the file is being encoded; wait, or cancel its build first");
    }
    if is_shown {
        return refuse("viewers play the build made from this file");
    }
    if file.state == FileState::Uploaded && film_file::newest_master(&mut tx, file.film_id).await? == Some(id)
    {
        return refuse("this is the film's newest master; upload another master first, or purge the film");
    }
    film_file::mark_deleted(&mut tx, id).await?;
    // A duplicate has no object.
    if file.state != FileState::Duplicate {
        queue::insert_collect_of_file(&mut tx, file.film_id, id).await?;
    }
    film_file::record(&mut tx, author, "file.delete", &file).await?;
    tx.commit().await?;
    Ok(())
}

/// Queues a probe of a stored master, which encodes it again with the film's current profile.
pub async fn encode_master(db: &Db, author: &Author, id: FileId) -> Result<JobId> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_encodable", meaning));
    if file.purpose != FilePurpose::Master {
        return refuse("the file is not a master; a dub is encoded when it is added or replaced");
    }
    if file.state != FileState::Uploaded {
        return refuse("only a completely uploaded master that was not refused can be encoded");
    }
    if film::is_deleted(&mut tx, file.film_id).await? {
        return refuse("the film is deleted");
    }
    let (_, is_encoded) = build::uses_of_file(&mut tx, id).await?;
    if is_encoded || queue::has_work_on_file(&mut tx, id).await? {
        return refuse("the master is already being encoded");
    }
    let probe = queue::insert_probe(&mut tx, file.film_id, id).await?;
    film::mark_processing(&mut tx, file.film_id).await?;
    film_file::record(&mut tx, author, "file.encode", &file).await?;
    tx.commit().await?;
    Ok(probe)
}

/// Locks the file's film, then the file; an error if it was deleted. A file's film never changes, so it can be read before the lock.
async fn lock(tx: &mut Tx, id: FileId) -> Result<FilmFile> {
    let (film, _) = film_file::film_and_purpose(tx, id).await?.ok_or(DbError::NotFound)?;
    film::lock(tx, film).await?;
    film_file::lock(tx, id).await?.ok_or(DbError::NotFound)
}
