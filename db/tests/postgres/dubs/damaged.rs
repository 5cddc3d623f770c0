//! Dubs of damaged files.

use db::{
    Db,
    build::BuildState,
    film::FilmStatus,
    presentation::{self, NewPresentation},
    queue::JobKind,
    track, workflow,
};
use domain::{
    build_record::BuildRecord,
    damage::{Concealed, Damage, TrackDamage},
    id::{BuildId, FilmId, PresentationId, TrackId},
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{NANG, audio_builds, begin, reason, receive, replace};
use crate::support::{
    broken_rules, claim, complete, complete_all, film, find_build, find_plan, make_ready, nothing_to_claim,
    record, status, with_dub,
};

/// Encodes a dub of the film, of whose file three seconds are unreadable.
async fn hold_dub(db: &Db, film: FilmId) -> (TrackId, BuildId, BuildRecord) {
    let (track, file) = begin(db, film).await.unwrap();
    receive(db, file).await;
    let publish = loop {
        let claimed = claim(db).await;
        if claimed.job.kind == JobKind::Publish {
            break claimed;
        }
        complete(db, &claimed).await.unwrap();
    };
    let build = publish.job.build_id.unwrap();
    let damage = Damage::of(std::iter::once(60_000..63_000));
    let lost = TrackDamage { concealed: Concealed::LostAudio { track: 1 }, damage };
    let record = BuildRecord { damage: vec![lost], ..record(&find_plan(db, build).await) };
    workflow::hold_damaged(db, &publish.lease, &record, Some(&"The file is damaged.".into())).await.unwrap();
    (track, build, record)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_damaged_dub_waits_until_an_editor_publishes_it(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, build, record) = hold_dub(&db, id).await;
    assert_eq!(reason(&db, id).await, "The file is damaged.");
    assert_eq!(find_build(&db, build).await.state, BuildState::Damaged);
    assert_eq!((status(&db, id).await, audio_builds(&db, id).await.len()), (FilmStatus::Ready, 1));
    assert!(nothing_to_claim(&db).await, "a build that waits keeps its objects");
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    // A newer master or another dub does not end the wait.
    make_ready(&db, id).await;
    let (other, file) = begin(&db, id).await.unwrap();
    receive(&db, file).await;
    complete_all(&db).await;
    let waiting = find_build(&db, build).await;
    assert_eq!(waiting.state, BuildState::Damaged);

    let shown = presentation::shown(&db, id).await.unwrap().unwrap();
    let content = with_dub(shown.content, &waiting, track, &record);
    let new = NewPresentation {
        id: PresentationId(Uuid::now_v7()),
        film_id: id,
        content,
        duration_ms: record.duration_ms,
        made_by: "build.publish",
    };
    workflow::begin_presentation(&db, NANG, &new).await.unwrap();
    assert!(workflow::publish_damaged(&db, NANG, build, new.id, Some(shown.id)).await.unwrap());
    let ready = |track| (track, BuildState::Ready);
    assert_eq!(audio_builds(&db, id).await[1..], [ready(other), ready(track)]);
    assert_eq!(workflow::dubs_in_the_making(&db, id).await.unwrap(), []);
    assert_eq!(track::find(&db, track).await.unwrap().unwrap().failure, None);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_damaged_dub_is_discarded_with_its_objects(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, build, _) = hold_dub(&db, id).await;
    assert!(workflow::discard_dub(&db, NANG, id, track).await.unwrap());
    assert_eq!(track::find(&db, track).await.unwrap(), None);

    let (track, deleted, _) = hold_dub(&db, id).await;
    workflow::delete_build(&db, NANG, deleted).await.unwrap();
    assert_eq!(reason(&db, id).await, "The file is damaged.", "the dub takes another file");
    let file = replace(&db, id, track).await.unwrap();
    receive(&db, file).await;
    complete_all(&db).await;
    assert_eq!(audio_builds(&db, id).await[1], (track, BuildState::Ready));

    let (_, last, _) = hold_dub(&db, id).await;
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    for build in [build, deleted, last] {
        assert_eq!(find_build(&db, build).await.state, BuildState::Cancelled);
    }
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}
