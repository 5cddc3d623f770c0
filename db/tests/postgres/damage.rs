//! Damaged builds wait for an editor: they are shown only when an editor says so, and deleted when a newer build is shown.

use db::{
    Db, DbError,
    audit::{self, AuditFilter, Author},
    build::BuildState,
    film::FilmStatus,
    film_file::{self, FileState},
    presentation::NewPresentation,
    queue::{JobKind, JobState},
    workflow::{self, Published},
};
use domain::{
    build_record::BuildRecord,
    damage::{Concealed, Damage, DamageLevel, TrackDamage},
    id::{BuildId, FilmId, PresentationId, TrackId},
    presentation::first_presentation,
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    broken_rules, claim, claim_collect, complete, complete_all, film, find_build, find_film, jobs,
    make_ready, nothing_to_claim, plan, plan_build, publish, record, status,
};

fn damaged_record(lost_ms: u64) -> BuildRecord {
    let damage = Damage::of(std::iter::once(60_000..60_000 + lost_ms));
    let track = TrackDamage { concealed: Concealed::HeldFrames, damage };
    BuildRecord { damage: vec![track], ..record(&plan(2, 1)) }
}

/// Encodes a new master of the film, of which three seconds are unreadable.
async fn hold(db: &Db, film: FilmId) -> BuildId {
    let build = plan_build(db, film, 2, 1).await;
    for _ in 0..3 {
        complete(db, &claim(db).await).await.unwrap();
    }
    let publish = claim(db).await;
    workflow::hold_damaged(db, &publish.lease, &damaged_record(3000), None).await.unwrap();
    build
}

/// Makes a presentation with the build from the shown one, and publishes the build with it.
async fn approve(db: &Db, author: &Author, film_id: FilmId, build: BuildId) -> db::Result<bool> {
    let shown = db::presentation::shown(db, film_id).await?;
    let before = shown.as_ref().map(|shown| &shown.content);
    let record = damaged_record(3000);
    let content = first_presentation(build, &record, before, || TrackId(Uuid::now_v7()));
    let id = PresentationId(Uuid::now_v7());
    let duration_ms = record.duration_ms;
    let new = NewPresentation { id, film_id, content, duration_ms, made_by: "build.publish" };
    workflow::begin_presentation(db, author, &new).await?;
    workflow::publish_damaged(db, author, build, id, shown.map(|shown| shown.id)).await
}

fn editor() -> Author {
    Author { user_id: None, user_email: Some("editor@example.org".to_owned()) }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slightly_damaged_build_is_published_with_its_damage(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 2, 1).await;
    for _ in 0..3 {
        complete(&db, &claim(&db).await).await.unwrap();
    }
    let claimed = claim(&db).await;
    assert_eq!(publish(&db, &claimed, &damaged_record(500)).await.unwrap(), Published::Shown);
    let build = find_build(&db, build).await;
    assert_eq!((build.state, build.approval), (BuildState::Ready, None));
    let damage = build.damage.unwrap();
    assert_eq!((damage.level(), damage.tracks[0].track.damage.total_ms), (DamageLevel::Slight, 500));
    let undamaged = make_ready(&db, film).await;
    assert_eq!(find_build(&db, undamaged).await.damage, None);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_seriously_damaged_build_is_shown_only_when_an_editor_publishes_it(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = hold(&db, film).await;
    assert_eq!((status(&db, film).await, find_film(&db, film).await.build_id), (FilmStatus::Damaged, None));
    let waiting = find_build(&db, build).await;
    assert_eq!((waiting.state, waiting.pending), (BuildState::Damaged, 0));
    assert_eq!(waiting.damage.unwrap().level(), DamageLevel::Serious);
    assert!(waiting.finished_at.is_some());
    assert!(nothing_to_claim(&db).await, "a build that waits keeps its objects");
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    assert!(approve(&db, &editor(), film, build).await.unwrap());
    let published = find_build(&db, build).await;
    assert_eq!(published.state, BuildState::Ready);
    assert_eq!(published.approval.unwrap().1, editor().user_email);
    let film = find_film(&db, film).await;
    assert_eq!((film.status, film.build_id), (FilmStatus::Ready, Some(build)));
    let filter = AuditFilter { subject_id: Some(build.0), ..AuditFilter::default() };
    let entries = audit::list(&db, filter, None, 10).await.unwrap();
    let actions: Vec<_> =
        entries.iter().map(|entry| (&*entry.action, entry.author.user_email.clone())).collect();
    assert_eq!(actions, [("build.publish", editor().user_email)]);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    // Once only.
    let again = approve(&db, &editor(), film.id, build).await;
    assert!(
        matches!(&again, Err(DbError::Conflict { constraint, .. }) if constraint == "builds_damaged"),
        "{again:?}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_keeps_what_it_shows_while_a_damaged_build_waits(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let shown = make_ready(&db, film).await;
    let waiting = hold(&db, film).await;
    assert_eq!(
        (status(&db, film).await, find_film(&db, film).await.build_id),
        (FilmStatus::Ready, Some(shown))
    );
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    // Another editor changes the film's tracks before the presentation is shown.
    let record = damaged_record(3000);
    let content = first_presentation(waiting, &record, None, || TrackId(Uuid::now_v7()));
    let id = PresentationId(Uuid::now_v7());
    let new = NewPresentation { id, film_id: film, content, duration_ms: 120_000, made_by: "build.publish" };
    workflow::begin_presentation(&db, &editor(), &new).await.unwrap();
    assert!(!workflow::publish_damaged(&db, &editor(), waiting, id, None).await.unwrap());
    assert_eq!(find_build(&db, waiting).await.state, BuildState::Damaged);
    workflow::discard_presentation(&db, film, id).await.unwrap();

    assert!(approve(&db, &editor(), film, waiting).await.unwrap());
    assert_eq!(find_film(&db, film).await.build_id, Some(waiting));
    complete_all(&db).await;
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_can_delete_a_damaged_build(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let (first, second) = (hold(&db, film).await, hold(&db, film).await);
    workflow::delete_build(&db, &editor(), first).await.unwrap();
    assert_eq!(status(&db, film).await, FilmStatus::Damaged, "the other build still waits");
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    workflow::delete_build(&db, &editor(), second).await.unwrap();
    let film = find_film(&db, film).await;
    assert_eq!(film.status, FilmStatus::Failed);
    assert!(film.failure.unwrap().contains("Upload an undamaged master"));
    for build in [first, second] {
        let collect = claim_collect(&db, build).await;
        complete(&db, &collect).await.unwrap();
        assert_eq!(find_build(&db, build).await.state, BuildState::Superseded);
    }
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_newer_build_that_is_shown_replaces_damaged_ones(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let (first, second) = (hold(&db, film).await, hold(&db, film).await);
    assert!(approve(&db, &editor(), film, second).await.unwrap());
    assert_eq!(find_build(&db, first).await.state, BuildState::Superseded);
    complete_all(&db).await;
    let third = hold(&db, film).await;
    let ready = make_ready(&db, film).await;
    assert_eq!(find_build(&db, third).await.state, BuildState::Superseded);
    assert_eq!(find_film(&db, film).await.build_id, Some(ready));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    // A damaged build of an older master that is complete only now is not needed at all.
    let film = crate::support::film(&db).await;
    let slow = plan_build(&db, film, 2, 1).await;
    let parts = [claim(&db).await, claim(&db).await, claim(&db).await];
    make_ready(&db, film).await;
    for part in &parts {
        complete(&db, part).await.unwrap();
    }
    let publish = claim(&db).await;
    workflow::hold_damaged(&db, &publish.lease, &damaged_record(3000), None).await.unwrap();
    assert_eq!(find_build(&db, slow).await.state, BuildState::Superseded);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_waits_again_when_a_newer_master_fails(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let waiting = hold(&db, film).await;
    let newer = plan_build(&db, film, 2, 1).await;
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    assert!(workflow::cancel_build(&db, &editor(), newer).await.unwrap());
    assert_eq!(status(&db, film).await, FilmStatus::Damaged);
    assert_eq!(find_build(&db, waiting).await.state, BuildState::Damaged);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn deleting_a_film_collects_its_damaged_builds(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = hold(&db, film).await;
    workflow::delete_film(&db, &editor(), film, 1).await.unwrap().unwrap();
    assert_eq!(find_build(&db, build).await.state, BuildState::Superseded);
    complete_all(&db).await;
    assert_eq!(jobs(&db, film, JobKind::Collect, JobState::Done).await.len(), 1);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unreadable_master_is_refused_by_the_job_that_finds_it(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 2, 1).await;
    let reason = "Audio track 1 (Lao) cannot be read after 00:03:10. Upload an undamaged copy of the film.";
    let audio = claim(&db).await;
    workflow::refuse_file(&db, &audio.lease, reason).await.unwrap();
    let found = find_film(&db, film).await;
    assert_eq!((found.status, found.failure.as_deref()), (FilmStatus::Failed, Some(reason)));
    let failed = find_build(&db, build).await;
    assert_eq!((failed.state, failed.failure.as_deref()), (BuildState::Failed, Some(reason)));
    let master = film_file::find(&db, failed.file_id).await.unwrap().unwrap();
    assert_eq!((master.state, master.note.as_deref()), (FileState::Refused, Some(reason)));
    assert!(nothing_to_claim(&db).await, "the other parts are cancelled");
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    // An admin may retry the job; then the master is not refused any more.
    assert!(workflow::retry_job(&db, &editor(), audio.job.id).await.unwrap());
    assert_eq!(film_file::find(&db, failed.file_id).await.unwrap().unwrap().state, FileState::Uploaded);
    complete_all(&db).await;
    assert_eq!(status(&db, film).await, FilmStatus::Ready);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}
