//! Shutdown of a server with real connections, and uploads.

use std::{net::SocketAddr, time::Duration};

use db::user::Role;
use serde_json::json;
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    films::create,
    test_app::{TestApp, email},
};

const TIMEOUT: Duration = Duration::from_secs(20);

#[sqlx::test(migrations = "../migrations")]
async fn a_server_with_open_event_streams_shuts_down(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    let stop = app.shutdown.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
    let server = tokio::spawn(server.into_future());

    let login = json!({ "email": email(Role::Editor), "password": crate::test_app::PASSWORD }).to_string();
    let mut login_connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: films\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        login.len()
    );
    login_connection.write_all((head + &login).as_bytes()).await.unwrap();
    let mut answer = String::new();
    login_connection.read_to_string(&mut answer).await.unwrap();
    let token = answer.split_once("\"access_token\":\"").unwrap().1.split_once('"').unwrap().0;

    let mut watcher = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /api/admin/films/{film}/events HTTP/1.1\r\nhost: films\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    watcher.write_all(head.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("event: film") {
        let read = tokio::time::timeout(TIMEOUT, watcher.read_buf(&mut seen)).await.unwrap().unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&seen));
    }

    app.shutdown.cancel();
    tokio::time::timeout(TIMEOUT, server).await.expect("the server stops").unwrap().unwrap();
    tokio::time::timeout(TIMEOUT, watcher.read_to_end(&mut seen)).await.unwrap().unwrap();
    // RFC 9112 §7.1: the last chunk shows that the body is complete.
    assert!(seen.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&seen));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_passes_the_guard_and_reaches_ingest(pool: PgPool) {
    use axum::http::{Request, header};
    use base64::{Engine, engine::general_purpose::STANDARD};

    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let metadata =
        format!("filename {},film_id {}", STANDARD.encode("ຮູບ ເງົາ.mov"), STANDARD.encode(film.to_string()));
    let begin = || {
        Request::post("/api/admin/uploads")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", "4")
            .header("upload-metadata", &metadata)
    };
    assert_eq!(app.viewer().send(begin()).await.status, 403);
    let answer = app.editor().send(begin()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let location = answer.header(header::LOCATION).to_owned();
    assert!(location.starts_with("/api/admin/uploads/"), "{location}");
    let send = Request::patch(&location)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", "0")
        .header(header::CONTENT_TYPE, "application/offset+octet-stream");
    let answer = app.editor().send_body(send, "film").await;
    assert_eq!(answer.status, 204, "{answer:?}");
    let seen = app.editor().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!((&seen["status"], &seen["files"][0]["state"]), (&json!("processing"), &json!("uploaded")));
    assert_eq!(seen["files"][0]["name"], "ຮູບ ເງົາ.mov");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_disabled_during_an_upload_creates_no_master(pool: PgPool) {
    use axum::{
        body::Body,
        http::{Request, header},
    };
    use base64::{Engine, engine::general_purpose::STANDARD};
    use futures_util::{StreamExt, stream};
    use tokio::sync::oneshot;

    let app = TestApp::new(pool.clone()).with_editor().await.with_admin().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let metadata =
        format!("filename {},film_id {}", STANDARD.encode("x.mov"), STANDARD.encode(film.to_string()));
    let begin = Request::post("/api/admin/uploads")
        .header("tus-resumable", "1.0.0")
        .header("upload-length", "4")
        .header("upload-metadata", &metadata);
    let location = app.editor().send(begin).await.header(header::LOCATION).to_owned();
    let send = || {
        Request::patch(&location)
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", "0")
            .header(header::CONTENT_TYPE, "application/offset+octet-stream")
    };
    let (begun, began) = oneshot::channel::<()>();
    let (resume, resumed) = oneshot::channel::<()>();
    let first = stream::once(async move {
        begun.send(()).unwrap();
        Ok::<_, std::io::Error>("fi")
    });
    let rest = stream::once(async move {
        resumed.await.unwrap();
        Ok("lm")
    });
    let sending = app.editor().send_body(send(), Body::from_stream(first.chain(rest)));
    let disabling = async {
        began.await.unwrap();
        let disable = "UPDATE users SET disabled_at = now() WHERE email = $1";
        sqlx::query(disable).bind(email(Role::Editor)).execute(&pool).await.unwrap();
        resume.send(()).unwrap();
    };
    let (answer, ()) = tokio::join!(sending, disabling);
    assert_eq!(answer.status, 403, "{answer:?}");
    // The upload does not continue later either, when another caller asks for its offset.
    let head = Request::head(&location).header("tus-resumable", "1.0.0");
    assert_eq!(app.admin().send(head).await.header("upload-offset"), "0");
    let seen = app.admin().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!((&seen["status"], &seen["files"][0]["state"]), (&json!("empty"), &json!("uploading")));
    // A caller with permission can resume it.
    let answer = app.admin().send_body(send(), "film").await;
    assert_eq!(answer.status, 204, "{answer:?}");
}
