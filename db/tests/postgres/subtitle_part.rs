//! The subtitles of a master: one part of its build, with notes for editors.

use db::{
    Db,
    build::BuildState,
    queue::{JobKind, JobState},
    rendition::{self, RenditionKind},
    workflow::{self, BuildStart, NewBuild},
};
use domain::{
    id::BuildId,
    plan::{Plan, SubtitleTrack},
    presentation::Role,
    subtitle::EmbeddedFormat,
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    LEASE, broken_rules, claim, complete, complete_all, film, find_build, jobs, name, plan, publish, record,
    upload_master, without_parts,
};

fn with_subtitles() -> Plan {
    let track = |number: u32| SubtitleTrack {
        name: name(&format!("s{number}")),
        stream_index: 2 + number,
        format: EmbeddedFormat::SubRip,
        language: Some("lo".to_owned()),
        label: format!("ລາວ {number}"),
        default: number == 1,
        forced: false,
        role: Role::Main,
    };
    Plan { subtitles: vec![track(1), track(2)], ..plan(1, 1) }
}

#[sqlx::test(migrations = "../migrations")]
async fn all_subtitles_of_a_master_are_one_part(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    upload_master(&db, film).await;
    let id = BuildId(Uuid::now_v7());
    let start = BuildStart::Encoding(Box::new(with_subtitles()));
    let new = NewBuild { id, start, note: None };
    workflow::complete_probe(&db, &claim(&db).await.lease, json!({}), new).await.unwrap();
    assert_eq!(find_build(&db, id).await.pending, 3);
    let waiting = jobs(&db, film, JobKind::EncodeSubtitles, JobState::Queued).await;
    assert_eq!(waiting.iter().map(|job| job.index).collect::<Vec<_>>(), [Some(0)]);

    // Without disk space they wait, as the other parts do.
    assert_eq!(workflow::claim_of(&db, "worker", LEASE, &without_parts()).await.unwrap(), None);
    let mut kinds = Vec::new();
    for _ in 0..3 {
        let part = claim(&db).await;
        kinds.push(part.job.kind);
        complete(&db, &part).await.unwrap();
    }
    assert_eq!(kinds, [JobKind::EncodeAudio, JobKind::EncodeChunk, JobKind::EncodeSubtitles]);
    let progress = workflow::build_progress(&db, id).await.unwrap();
    assert_eq!((progress.jobs_done, progress.jobs_total), (3, 3));
    assert_eq!(workflow::finished_parts(&db, id).await.unwrap().len(), 3);
    assert_eq!(db::build::subtitle_notes(&db, &[id]).await.unwrap().len(), 0);

    // The second track could not be read.
    let mut record = record(&with_subtitles());
    record.subtitles.truncate(1);
    record.subtitle_notes[1].is_left_out = true;
    publish(&db, &claim(&db).await, &record).await.unwrap();
    assert_eq!(find_build(&db, id).await.state, BuildState::Ready);
    let renditions = rendition::list(&db, id).await.unwrap();
    let last = renditions.last().unwrap();
    assert_eq!(
        (last.name.as_str(), last.kind, last.size_bytes),
        ("s1", RenditionKind::Subtitle, Some(30_000))
    );
    assert_eq!(renditions.iter().filter(|one| one.kind == RenditionKind::Subtitle).count(), 1);
    assert_eq!(db::build::subtitle_notes(&db, &[id]).await.unwrap()[&id], record.subtitle_notes);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn damaged_subtitles_are_read_again(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    upload_master(&db, film).await;
    let start = BuildStart::Encoding(Box::new(with_subtitles()));
    let new = NewBuild { id: BuildId(Uuid::now_v7()), start, note: None };
    workflow::complete_probe(&db, &claim(&db).await.lease, json!({}), new).await.unwrap();
    for _ in 0..3 {
        complete(&db, &claim(&db).await).await.unwrap();
    }
    let publishing = claim(&db).await;
    let keys = ["films/x/s1/00001.vtt".to_owned()];
    let damaged = [(JobKind::EncodeSubtitles, 0)];
    workflow::fail_damaged(&db, &publishing.lease, "missing", &damaged, &keys).await.unwrap();
    assert!(workflow::retry_job(&db, &db::audit::Author::NANG, publishing.job.id).await.unwrap());
    let again = claim(&db).await;
    assert_eq!((again.job.kind, &again.job.damaged_keys[..]), (JobKind::EncodeSubtitles, &keys[..]));
    complete(&db, &again).await.unwrap();
    complete_all(&db).await;
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}
