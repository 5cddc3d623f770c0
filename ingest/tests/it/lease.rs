//! Two servers on one database and one storage: an upload has one writer, and a recorded master is complete.

use db::film_file::FileState;
use ingest::Sweeper;
use sqlx::PgPool;
use tokio::io::AsyncWriteExt;

use crate::client::{
    SlowClient, create, head, header, patch, pattern, refusal, request, sha256, start_patch, status_of,
};
use crate::finish::{stored_but_unfinished, whole};
use crate::site::{Site, eventually};

#[sqlx::test(migrations = "../migrations")]
async fn a_writer_on_another_server_must_wait(pool: PgPool) {
    let first = Site::start(pool).await;
    let second = first.start_beside().await;
    let file = create(&first, 10_000).await;
    let connection = SlowClient::start(start_patch(&first, file, 0, 10_000).await, 1);
    let stored = first.folder().join(format!(".nang/uploads/{file}"));
    eventually("the first holds the upload", async || stored.exists()).await;
    for other in [patch(&second, file, 0, &[2; 10_000]), request(&second, "DELETE", &format!("/{file}"))] {
        let answer = other.send().await.unwrap();
        assert_eq!(header(&answer, "retry-after"), "2");
        let (status, detail) = refusal(answer).await;
        assert!(status == 423 && detail.contains("Another connection"), "{status} {detail}");
    }
    let (mut connection, sent) = connection.stop().await;
    connection.write_all(&vec![1; 10_000 - sent]).await.unwrap();
    assert_eq!(status_of(&mut connection).await, 204);
    // The finished file cannot be overwritten.
    assert_eq!(patch(&second, file, 0, &[2; 10_000]).send().await.unwrap().status(), 409);
    assert_eq!(header(&head(&second, file).await, "nang-upload-state"), "uploaded");
    assert_eq!(first.master(file).await.unwrap(), [1; 10_000]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lost_connection_to_another_server_can_be_replaced(pool: PgPool) {
    let first = Site::start(pool).await;
    let second = first.start_beside().await;
    let file = create(&first, 100).await;
    let mut lost = start_patch(&first, file, 0, 100).await;
    lost.write_all(&[1; 50]).await.unwrap();
    eventually("the other server sees the bytes of the lost connection", async || {
        header(&head(&second, file).await, "upload-offset") == "50"
    })
    .await;
    assert_eq!(patch(&second, file, 50, &[2; 25]).send().await.unwrap().status(), 204);
    // The connection was not lost. The bytes that it still sends do not count.
    lost.write_all(&[1; 50]).await.unwrap();
    assert_eq!(status_of(&mut lost).await, 423);
    assert_eq!(first.row(file).await.received_bytes, 75);
    assert_eq!(patch(&second, file, 75, &[3; 25]).send().await.unwrap().status(), 204);
    assert_eq!(first.master(file).await.unwrap(), [[1; 25], [1; 25], [2; 25], [3; 25]].concat());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slow_client_continues_if_no_other_took_its_upload(pool: PgPool) {
    let site = Site::start(pool.clone()).await;
    let file = create(&site, 100).await;
    let mut slow = start_patch(&site, file, 0, 100).await;
    for rounds in 1..=2 {
        slow.write_all(&[rounds; 50]).await.unwrap();
        if rounds == 1 {
            eventually("it yields the lease", async || {
                site.row(file).await.received_bytes == 50
                    && !db::upload::is_leased(&site.db, file).await.unwrap()
            })
            .await;
            // HEAD does not take the lease.
            assert_eq!(header(&head(&site, file).await, "upload-offset"), "50");
        }
    }
    assert_eq!(status_of(&mut slow).await, 204);
    assert_eq!(site.master(file).await.unwrap(), [[1; 50], [2; 50]].concat());
}

/// As above, but no byte counts before the checksum matches.
#[sqlx::test(migrations = "../migrations")]
async fn a_slow_client_with_a_checksum_continues_too(pool: PgPool) {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use sha2::Digest;

    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let bytes = pattern(100);
    let mut slow = tokio::net::TcpStream::connect(&site.address).await.unwrap();
    let head = format!(
        "PATCH /api/admin/uploads/{file} HTTP/1.1\r\nHost: nang\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Upload-Checksum: sha256 {}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 100\r\n\r\n",
        BASE64_STANDARD.encode(sha2::Sha256::digest(&bytes))
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    slow.write_all(&bytes[..50]).await.unwrap();
    let stored = site.folder().join(format!(".nang/uploads/{file}"));
    eventually("the bytes are stored", async || stored.metadata().is_ok_and(|facts| facts.len() == 50)).await;
    eventually("it yields the lease", async || !db::upload::is_leased(&site.db, file).await.unwrap()).await;
    assert_eq!(site.row(file).await.received_bytes, 0);
    slow.write_all(&bytes[50..]).await.unwrap();
    assert_eq!(status_of(&mut slow).await, 204);
    assert_eq!(site.master(file).await.unwrap(), bytes);
}

/// Clients of both servers resume the same upload again and again, as if they had lost their connections.
#[sqlx::test(migrations = "../migrations")]
async fn racing_writers_on_two_servers_produce_one_complete_master(pool: PgPool) {
    let first = Site::start(pool).await;
    let second = first.start_beside().await;
    for round in 0..3 {
        // Each round sends another file, because the same one would be a duplicate.
        let size = 3_000_000 + round;
        let bytes: &'static [u8] = pattern(size).leak();
        let file = create(&first, size as u64).await;
        let clients = (0..6_usize).map(|number| {
            let address = [&first, &second][number % 2].address.clone();
            tokio::spawn(async move {
                let http = reqwest::Client::builder().no_proxy().build().unwrap();
                let url = format!("http://{address}/api/admin/uploads/{file}");
                let mut own = 0;
                loop {
                    let state = http.head(&url).header("Tus-Resumable", "1.0.0").send().await.unwrap();
                    assert_eq!(state.status(), 200);
                    if header(&state, "nang-upload-state") != "uploading" {
                        return own;
                    }
                    let offset: usize = header(&state, "upload-offset").parse().unwrap();
                    // Some send the rest, some send a part of it, and some disconnect in the middle.
                    let end = if number < 2 { size } else { size.min(offset + 200_000 * number) };
                    let send = http
                        .patch(&url)
                        .header("Tus-Resumable", "1.0.0")
                        .header("Upload-Offset", offset)
                        .header("Content-Type", "application/offset+octet-stream");
                    let answer = if number % 3 == 2 {
                        let half = &bytes[offset..offset + (end - offset) / 2];
                        let pieces = [Ok(half), Err(std::io::Error::other("disconnect"))];
                        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
                        send.header("Content-Length", end - offset).body(body).send().await
                    } else {
                        send.body(&bytes[offset..end]).send().await
                    };
                    match answer.map(|answer| answer.status().as_u16()) {
                        Ok(204) => own += 1,
                        Ok(409 | 423) | Err(_) => {}
                        Ok(status) => panic!("{status}"),
                    }
                }
            })
        });
        let mut progress = 0;
        for client in clients.collect::<Vec<_>>() {
            progress += client.await.unwrap();
        }
        assert!(progress > 0);
        let row = first.row(file).await;
        assert_eq!((row.state, row.sha256.as_deref()), (FileState::Uploaded, Some(&*sha256(bytes))));
        assert!(first.master(file).await.unwrap() == bytes, "round {round}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_truncated_file_never_becomes_a_master(pool: PgPool) {
    let site = Site::start(pool).await;
    for renamed in [false, true] {
        let bytes = pattern(50_000);
        let file = stored_but_unfinished(&site, &bytes).await;
        let mut stored = site.folder().join(format!(".nang/uploads/{file}"));
        if renamed {
            site.storage.finish_upload(file, &whole(50_000)).await.unwrap();
            stored = site.folder().join(format!("masters/{file}"));
        }
        std::fs::OpenOptions::new().write(true).open(&stored).unwrap().set_len(49_999).unwrap();
        let (status, detail) = {
            let answer = patch(&site, file, 50_000, b"").send().await.unwrap();
            refusal(answer).await
        };
        assert!(status == 410 && detail.contains("Start again"), "{status} {detail}");
        assert_eq!(head(&site, file).await.status(), 410);
        Sweeper::new(site.db.clone(), site.storage.clone()).sweep().await.unwrap();
        assert_eq!(site.row(file).await.state, FileState::Uploading, "renamed: {renamed}");
        assert_eq!(request(&site, "DELETE", &format!("/{file}")).send().await.unwrap().status(), 204);
    }
}

/// Other servers cannot know that a server was killed, so its lease stays until it expires.
#[sqlx::test(migrations = "../migrations")]
async fn the_lease_of_a_killed_server_expires(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let lease = std::time::Duration::from_secs(3);
    db::upload::take_lease(&site.db, file, lease).await.unwrap().unwrap();
    let mut refused = 0;
    eventually("the lease to expire", async || {
        match patch(&site, file, 0, &[1; 100]).send().await.unwrap().status().as_u16() {
            204 => true,
            status => {
                assert_eq!(status, 423);
                refused += 1;
                false
            }
        }
    })
    .await;
    assert!(refused > 0);
    assert_eq!(site.master(file).await.unwrap(), [1; 100]);
}
