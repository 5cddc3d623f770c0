//! Objects that are altered in storage before their film is published.

use bytes::Bytes;
use db::{
    audit::Author,
    film::FilmStatus,
    queue::{JobKind, JobState},
};
use domain::key::{BuildObject, BuildRoot};

use super::{database_away::about_to_record, site::Site};

super::tests! {
    what_is_altered_is_deleted_only_once_the_queue_took_its_part_back,
}

async fn what_is_altered_is_deleted_only_once_the_queue_took_its_part_back() {
    let site = Site::start().await;
    let (worker, holder) = about_to_record(&site).await;
    let part = site.jobs(JobKind::EncodeAudio).await.remove(0);
    let build = part.build_id.unwrap();
    let name = &site.stored_plan(build).await.audio[0].name;
    let key = BuildRoot::Film(site.film, build).key(&BuildObject::Segment(name, 1));
    let whole = site.storage.get_bytes(&key, None).await.unwrap().expect("the part is stored");
    let altered = Bytes::from_static(b"altered");
    site.storage.put_bytes(&key, altered.clone()).await.unwrap();
    // The queue refuses what the worker says: to it, it is as if its lease had ended.
    site.postgres.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.state = 'dead') EXECUTE FUNCTION refuse()",
    );
    drop(holder);
    site.until("publishing to find the object and to be refused", async || {
        site.has_logged("Cannot record how the job ended; it will be done again").then_some(())
    })
    .await;
    assert_eq!(site.storage.get_bytes(&key, None).await.unwrap(), Some(altered));

    site.postgres
        .sql("DROP TRIGGER refuse ON jobs; UPDATE jobs SET lease_until = now() WHERE state = 'running'");
    site.until("the film to fail and the object to be deleted", async || {
        let film = db::film::find(&site.db, site.film).await.ok()??;
        let gone = site.storage.head(&key).await.unwrap().is_none();
        (film.status == FilmStatus::Failed && gone).then_some(())
    })
    .await;
    let publish = site.jobs(JobKind::Publish).await.remove(0);
    assert_eq!(publish.state, JobState::Dead);
    assert!(db::workflow::retry_job(&site.db, &Author::NANG, publish.id).await.unwrap());
    site.ready().await;
    assert_eq!(site.storage.get_bytes(&key, None).await.unwrap(), Some(whole));
    worker.stop().await;
}
