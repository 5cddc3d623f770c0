//! Dubs in the list of tracks: from the upload to the track, and how they are given up.

use axum::http::Request;
use base64::prelude::{BASE64_STANDARD, Engine};
use db::queue::JobKind;
use domain::{id::FilmId, reason::ReasonCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    films::create,
    pipeline,
    test_app::{Answer, TestApp},
};

async fn send(
    app: &TestApp,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> Answer {
    let request = Request::builder().method(method).uri(path).header("tus-resumable", "1.0.0");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.editor().send_body(request, body).await
}

async fn begin(app: &TestApp, film: FilmId, metadata: &[(&str, &str)]) -> Answer {
    let film = film.to_string();
    let pairs = [("filename", "dub.wav"), ("film_id", film.as_str()), ("purpose", "dub")];
    let pairs = pairs.into_iter().chain(metadata.iter().copied());
    let pairs: Vec<String> =
        pairs.map(|(key, value)| format!("{key} {}", BASE64_STANDARD.encode(value))).collect();
    let headers = [("upload-length", "4"), ("upload-metadata", &*pairs.join(","))];
    send(app, "POST", "/api/admin/uploads", &headers, "").await
}

async fn receive(app: &TestApp, upload: &str, from: &str, bytes: &'static str) {
    let headers = [("upload-offset", from), ("content-type", "application/offset+octet-stream")];
    assert_eq!(send(app, "PATCH", upload, &headers, bytes).await.status, 204);
}

fn path(film: FilmId, rest: &str) -> String {
    format!("/api/admin/films/{film}/tracks{rest}")
}

async fn tracks(app: &TestApp, film: FilmId) -> Value {
    app.editor().get(&path(film, "")).await.ok()
}

async fn ready_film(app: &TestApp) -> FilmId {
    let film = create(app, json!({ "en": "x" })).await;
    pipeline::make_ready(&app.db, film).await;
    film
}

#[sqlx::test(migrations = "../migrations")]
async fn the_list_shows_how_far_a_dub_is(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = ready_film(&app).await;
    let metadata = [("language", "lao"), ("label", "ພາກລາວ"), ("role", "commentary"), ("shift_ms", "-40")];
    let begun = begin(&app, film, &metadata).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let upload = begun.header("location").to_owned();

    let list = tracks(&app, film).await;
    let dub = &list["unfinished_dubs"][0];
    for (field, value) in [
        ("file_id", json!(upload.rsplit('/').next().unwrap())),
        ("file_name", json!("dub.wav")),
        ("language", json!("lo")),
        ("label", json!("ພາກລາວ")),
        ("role", json!("commentary")),
        ("shift_ms", json!(-40)),
        ("is_replacement", json!(false)),
        ("state", json!("uploading")),
        ("progress", json!(0.0)),
        ("failure", json!(null)),
        ("note", json!(null)),
    ] {
        assert_eq!(dub[field], value, "{field}");
    }
    let track = dub["track_id"].clone();
    receive(&app, &upload, "0", "dub").await;
    assert_eq!(tracks(&app, film).await["unfinished_dubs"][0]["progress"], 0.75);
    receive(&app, &upload, "3", "!").await;
    assert_eq!(tracks(&app, film).await["unfinished_dubs"][0]["state"], "waiting");
    pipeline::probe(&app.db).await;
    assert_eq!(tracks(&app, film).await["unfinished_dubs"][0]["state"], "encoding");
    pipeline::finish_build(&app.db).await;

    let list = tracks(&app, film).await;
    assert_eq!(list["unfinished_dubs"], json!([]));
    let added = &list["audio_tracks"][1];
    assert_eq!((&added["id"], &added["is_from_master"]), (&track, &json!(false)));
    assert_eq!((&added["dub"]["name"], &added["dub"]["warning"]), (&json!("dub.wav"), &json!(null)));
    assert_eq!(list["audio_tracks"][0]["dub"], json!(null));

    // The film lists its masters; the list of all files has dubs too.
    let read = app.editor().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!(read["files"].as_array().unwrap().len(), 1);
    let kinds: Vec<&Value> = read["builds"].as_array().unwrap().iter().map(|build| &build["kind"]).collect();
    assert_eq!((kinds, &read["status"]), (vec![&json!("film"), &json!("dub")], &json!("ready")));
    let files = app.editor().get("/api/admin/files?purpose=dub").await.ok();
    assert_eq!(
        (&files["items"][0]["name"], &files["items"][0]["purpose"]),
        (&json!("dub.wav"), &json!("dub"))
    );
    assert_eq!(app.editor().get("/api/admin/files").await.ok()["items"].as_array().unwrap().len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_is_refused_at_its_creation(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let unready = begin(&app, film, &[("language", "lo")]).await;
    assert_eq!(unready.status, 409, "{unready:?}");
    assert!(unready.json()["detail"].as_str().unwrap().contains("Add the dub once the film is ready"));
    pipeline::make_ready(&app.db, film).await;
    for (metadata, status, says) in [
        (&[][..], 400, "needs a language"),
        (&[("language", "klingonish")], 400, "BCP 47"),
        (&[("track_id", "01931f5c-7a10-7c52-9d1e-2f6b8e4a5d02")], 404, "no dub with this track_id"),
    ] {
        let answer = begin(&app, film, metadata).await;
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(answer.status == status && detail.contains(says), "{metadata:?}: {} {detail}", answer.status);
    }
    assert_eq!(tracks(&app, film).await["unfinished_dubs"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_in_the_making_is_given_up_and_its_track_is_removed(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = ready_film(&app).await;
    let before = tracks(&app, film).await;
    let none = path(film, &format!("/{}/dub", Uuid::nil()));
    assert_eq!(app.editor().delete(&none).await.status, 404);

    // Both ways to remove a dub that was never part of the film.
    for rest in ["/dub", ""] {
        let begun = begin(&app, film, &[("language", "lo")]).await;
        let upload = begun.header("location").to_owned();
        let track = tracks(&app, film).await["unfinished_dubs"][0]["track_id"].as_str().unwrap().to_owned();
        let path = path(film, &format!("/{track}{rest}"));
        assert_eq!(app.editor().delete(&path).await.ok(), before);
        assert_eq!(app.editor().delete(&path).await.status, 404);
        let headers = [("upload-offset", "0"), ("content-type", "application/offset+octet-stream")];
        assert_eq!(send(&app, "PATCH", &upload, &headers, "dub!").await.status, 410);
    }

    // A dub that gets another file keeps the former one until then.
    let upload = begin(&app, film, &[("language", "lo")]).await.header("location").to_owned();
    receive(&app, &upload, "0", "dub!").await;
    pipeline::probe(&app.db).await;
    pipeline::finish_build(&app.db).await;
    let with_dub = tracks(&app, film).await;
    let track = with_dub["audio_tracks"][1]["id"].as_str().unwrap();
    let upload = begin(&app, film, &[("track_id", track)]).await.header("location").to_owned();
    receive(&app, &upload, "0", "new!").await;
    let list = tracks(&app, film).await;
    assert_eq!(list["audio_tracks"], with_dub["audio_tracks"]);
    assert_eq!(list["unfinished_dubs"][0]["is_replacement"], true);
    let reason = ReasonCode::DubOtherSpeed
        .with("dub", "00:00:01")
        .with("film", "00:00:06")
        .with("difference", "5 s")
        .with("tolerance", "2 s");
    let probe = pipeline::claim(&app.db, JobKind::Probe).await;
    db::workflow::refuse_file(&app.db, &probe.lease, &reason).await.unwrap();
    let failed = &tracks(&app, film).await["unfinished_dubs"][0];
    assert_eq!((&failed["state"], &failed["failure"]), (&json!("failed"), &json!(reason.to_string())));
    assert_eq!(failed["reason"], json!(reason));
    let given_up = app.editor().delete(&path(film, &format!("/{track}/dub"))).await.ok();
    assert_eq!(given_up, with_dub);
}
