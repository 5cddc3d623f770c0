//! Dubs of films that are deleted and restored.

use db::{
    Db,
    film::FilmStatus,
    upload,
    workflow::{self, DubState},
};
use sqlx::PgPool;

use super::{NANG, begin, only_dub, receive, replace, rule};
use crate::support::{
    broken_rules, claim, complete, complete_all, far_future, film, lease_upload, make_ready,
    nothing_to_claim, pass_waiting_times, status, unique_sha256,
};

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_of_a_deleted_film_waits_for_an_editor(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (encoding, file) = begin(&db, id).await.unwrap();
    receive(&db, file).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let (_, uploading) = begin(&db, id).await.unwrap();
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    let held = lease_upload(&db, uploading).await;
    assert!(upload::checkpoint(&db, &held, 0, 10, b"hash", far_future()).await.unwrap());
    assert_eq!(upload::finish(&db, &held, &unique_sha256()).await.unwrap().job, None);
    pass_waiting_times(&pool).await;
    complete_all(&db).await;

    workflow::restore_film(&db, NANG, id, 2).await.unwrap().unwrap();
    let dubs = workflow::dubs_in_the_making(&db, id).await.unwrap();
    assert_eq!(dubs.len(), 2);
    for dub in dubs {
        assert!(
            matches!(dub.state, DubState::Failed(reason, _) if reason.starts_with("The film was deleted"))
        );
    }
    // The film is encoded again. It fails although dubs wait for an editor.
    assert_eq!(status(&db, id).await, FilmStatus::Processing);
    assert_eq!(rule(&replace(&db, id, encoding).await), "tracks_of_shown_film");
    workflow::refuse_file(&db, &claim(&db).await.lease, "The file is damaged.").await.unwrap();
    assert_eq!(status(&db, id).await, FilmStatus::Failed);
    assert!(nothing_to_claim(&db).await);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_fails_although_a_dub_is_being_made(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (_, file) = begin(&db, id).await.unwrap();
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    pass_waiting_times(&pool).await;
    complete_all(&db).await;
    workflow::restore_film(&db, NANG, id, 2).await.unwrap().unwrap();
    let master = claim(&db).await;
    receive(&db, file).await;
    workflow::refuse_file(&db, &master.lease, "The file is damaged.").await.unwrap();
    assert_eq!(status(&db, id).await, FilmStatus::Failed);
    assert_eq!(only_dub(&db, id).await.state, DubState::Waiting);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}
