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
    only_the_job_that_encodes_it_again_replaces_an_altered_object,
    the_queue_records_a_deletion_before_objects_are_deleted,
}

async fn only_the_job_that_encodes_it_again_replaces_an_altered_object() {
    let site = Site::start().await;
    let (worker, holder) = about_to_record(&site).await;
    let part = site.jobs(JobKind::EncodeAudio).await.remove(0);
    let build = part.build_id.unwrap();
    let name = &site.stored_plan(build).await.audio[0].name().unwrap().clone();
    let key = BuildRoot::Film(site.film, build).key(&BuildObject::Segment(name, 1));
    let whole = site.storage.get_bytes(&key, None).await.unwrap().expect("the part is stored");
    let altered = Bytes::from_static(b"altered");
    site.storage.put_bytes(&key, altered.clone()).await.unwrap();
    drop(holder);
    site.until("the film to fail", async || {
        let film = db::film::find(&site.db, site.film).await.ok()??;
        (film.status == FilmStatus::Failed).then_some(())
    })
    .await;
    // Publishing finds the damage and does not change the object.
    assert_eq!(site.storage.get_bytes(&key, None).await.unwrap(), Some(altered));
    let publish = site.jobs(JobKind::Publish).await.remove(0);
    assert_eq!(publish.state, JobState::Dead);
    assert!(db::workflow::retry_job(&site.db, &Author::NANG, publish.id).await.unwrap());
    site.ready().await;
    assert_eq!(site.storage.get_bytes(&key, None).await.unwrap(), Some(whole));
    let builds = db::build::list_by_film(&site.db, site.film).await.unwrap();
    assert_eq!(builds.len(), 1, "a new build was started instead of repairing the old one");
    worker.stop().await;
}

async fn the_queue_records_a_deletion_before_objects_are_deleted() {
    let site = Site::start().await;
    let (build, _) = site.plan(|here| Some(here.clone())).await;
    let name = &site.stored_plan(build).await.audio[0].name().unwrap().clone();
    let key = BuildRoot::Film(site.film, build).key(&BuildObject::Segment(name, 1));
    site.storage.put_bytes(&key, Bytes::from_static(b"encoded")).await.unwrap();
    assert!(db::workflow::cancel_build(&site.db, &Author::NANG, build).await.unwrap());
    // The queue refuses the worker's first write, as it would after the end of the lease.
    site.postgres.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON builds FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    let worker = site.worker();
    let error = site
        .until("the collect to fail", async || {
            site.jobs(JobKind::Collect).await.remove(0).error.filter(|error| !error.is_empty())
        })
        .await;
    assert!(error.starts_with("a database query failed"), "{error}");
    assert!(site.storage.head(&key).await.unwrap().is_some(), "deleted before the queue recorded it");

    site.postgres.sql("DROP TRIGGER refuse ON builds; UPDATE jobs SET run_at = now() WHERE state = 'queued'");
    site.until("the object to be deleted", async || {
        site.storage.head(&key).await.unwrap().is_none().then_some(())
    })
    .await;
    worker.stop().await;
}
