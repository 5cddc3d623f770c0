//! Listing, retrying and cancelling jobs.

use db::queue::{self, JobKind};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{films::create, pipeline, test_app::TestApp};

fn kinds(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|job| job["kind"].as_str().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn jobs_are_listed_by_film_and_state(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let other = create(&app, json!({ "en": "y" })).await;
    pipeline::upload(&app.db, film).await;
    pipeline::probe(&app.db).await;
    pipeline::upload(&app.db, other).await;

    let all = app.editor().get("/api/admin/jobs").await.ok();
    assert_eq!(kinds(&all).len(), 5);
    let of_film = app.editor().get(&format!("/api/admin/jobs?film_id={film}&state=queued")).await.ok();
    let mut found = kinds(&of_film);
    found.sort_unstable();
    assert_eq!(found, ["encode_audio", "encode_chunk", "encode_chunk"]);
    let done = app.editor().get("/api/admin/jobs?state=done").await.ok();
    assert_eq!(kinds(&done), ["probe"]);

    let first = app.editor().get("/api/admin/jobs?limit=4").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = app.editor().get(&format!("/api/admin/jobs?limit=4&cursor={cursor}")).await.ok();
    assert_eq!((kinds(&first).len(), kinds(&rest).len(), &rest["next_cursor"]), (4, 1, &Value::Null));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dead_job_has_a_reason_and_can_be_retried(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    pipeline::upload(&app.db, film).await;
    let build = pipeline::probe(&app.db).await;
    let reason = "the decoder crashed (signal 11) at 00:00:03";
    let dead = pipeline::fail_next(&app.db, JobKind::EncodeAudio, reason).await;
    let path = format!("/api/admin/jobs/{}", dead.job.id);

    let seen = app.editor().get(&path).await.ok();
    assert_eq!((&seen["state"], &seen["error"], &seen["index"]), (&json!("dead"), &json!(reason), &json!(0)));
    assert_eq!(seen["build_id"], build.to_string());
    let attempts = seen["attempt_log"].as_array().unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(
        (&attempts[0]["number"], &attempts[0]["worker"], &attempts[0]["outcome"], &attempts[0]["error"]),
        (&json!(1), &json!("test worker"), &json!("failed"), &json!(reason))
    );
    let failed = app.editor().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!(failed["status"], "failed");
    assert!(failed["failure"].as_str().unwrap().contains(reason), "{failed}");

    let retried = app.editor().do_post(&format!("{path}/retry")).await;
    assert_eq!(retried.status, 202);
    assert_eq!(retried.ok()["state"], "queued");
    app.editor().do_post(&format!("{path}/retry")).await.expect(409, "conflict");
    pipeline::finish_build(&app.db).await;
    assert_eq!(app.editor().get(&format!("/api/admin/films/{film}")).await.ok()["status"], "ready");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_urgent_film_is_encoded_before_an_earlier_one(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let earlier = create(&app, json!({ "en": "x" })).await;
    pipeline::upload(&app.db, earlier).await;
    pipeline::probe(&app.db).await;
    let urgent = create(&app, json!({ "en": "y" })).await;
    pipeline::upload(&app.db, urgent).await;
    pipeline::probe(&app.db).await;
    let of_film = format!("/api/admin/jobs?film_id={urgent}&state=queued");
    let job = app.editor().get(&of_film).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/admin/jobs/{job}/urgency");
    let put = async |urgency: &str| {
        app.editor().send_json(axum::http::Request::put(&path), &json!({ "urgency": urgency })).await
    };
    for (urgency, next) in [("first", urgent), ("last", earlier), ("first", urgent)] {
        assert_eq!(put(urgency).await.ok()["urgency"], urgency);
        let jobs = app.editor().get(&of_film).await.ok();
        let all_have_it = |job: &Value| job["urgency"] == urgency;
        assert!(jobs["items"].as_array().unwrap().iter().all(all_have_it), "{jobs}");
        let claimed = queue::list(&app.db, queue::JobFilter::default(), None, 100).await.unwrap();
        let first =
            claimed.iter().filter(|job| job.kind == JobKind::EncodeChunk).max_by_key(|job| job.priority);
        assert_eq!(first.unwrap().film_id, next, "{urgency}");
    }
    // The next claim takes it, the list names its worker, and the publishing that comes later is urgent too.
    let held = pipeline::claim(&app.db, JobKind::EncodeAudio).await;
    assert_eq!(held.job.film_id, urgent);
    let running = app.editor().get("/api/admin/jobs?state=running").await.ok();
    assert_eq!(running["items"][0]["worker"], "test worker");
    put("slow").await.expect(422, "invalid");
    db::queue::release(&app.db, &held.lease).await.unwrap();
    pipeline::finish_build(&app.db).await;
    let done = app.editor().get(&format!("/api/admin/jobs?film_id={urgent}")).await.ok();
    let published = done["items"].as_array().unwrap().iter().find(|job| job["kind"] == "publish").unwrap();
    assert_eq!((&published["urgency"], &published["state"]), (&json!("first"), &json!("done")));
    put("last").await.expect(409, "conflict");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_build_stops_and_cannot_be_cancelled_again(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    pipeline::upload(&app.db, film).await;
    let build = pipeline::probe(&app.db).await;
    let held = pipeline::claim(&app.db, JobKind::EncodeAudio).await;

    let path = format!("/api/admin/builds/{build}/cancel");
    let answer = app.editor().do_post(&path).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.ok()["state"], "cancelled");
    let lost = queue::heartbeat(&app.db, &held.lease, std::time::Duration::from_secs(9), None).await;
    assert!(matches!(lost, Err(db::DbError::LeaseLost)), "{lost:?}");
    app.editor().do_post(&path).await.expect(409, "conflict");
}
