//! Tokens that the revocations list refuses, with an origin that follows the list.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use domain::{key::Key, revocations::Revocations, token::KeyRing};
use http::header;
use origin::{Config, Origin};
use support::{Fixture, LARGE, NOW, SEGMENT, SEGMENT_BYTES, Server, client, pattern, session, wait_until};

const MORNING: u64 = 1_799_990_000_000;
const NOON: u64 = 1_799_995_000_000;

async fn status(server: &Server, path: &str) -> u16 {
    client().get(server.url(path)).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_revoked_session_is_refused_and_others_keep_playing() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    let (ended, other) = (fixture.token_of(MORNING), fixture.token_of(MORNING + 1));
    let ended_path = fixture.path_with(&ended, SEGMENT);
    assert_eq!(status(&server, &ended_path).await, 200);
    assert_eq!(status(&server, &fixture.authorize_path(&ended)).await, 204);
    assert_eq!(server.origin.stats().revocations_age_seconds, None);

    let mut list = Revocations::new(NOW - 3);
    list.revoke_session(session(MORNING));
    fixture.put_list(&list).await;
    wait_until("the session is refused", async || {
        // The other viewer plays all the time.
        let response = client().get(server.url(&fixture.path_with(&other, SEGMENT))).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.bytes().await.unwrap() == pattern(SEGMENT_BYTES));
        status(&server, &ended_path).await == 403
    })
    .await;

    let refused = client().get(server.url(&ended_path)).send().await.unwrap();
    // The same response as to any other token that is not valid.
    let forged = client().get(server.url(&fixture.path_with(&"A".repeat(51), SEGMENT))).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), forged.status().as_u16()), (403, 403));
    let without_date = |response: &reqwest::Response| {
        let mut headers = response.headers().clone();
        headers.remove(header::DATE);
        headers
    };
    assert_eq!(without_date(&refused), without_date(&forged));
    assert_eq!(refused.bytes().await.unwrap(), "");
    // Also for absent objects, objects that are not in memory, and a proxy.
    for path in
        [fixture.path_with(&ended, "x"), fixture.path_with(&ended, LARGE), fixture.authorize_path(&ended)]
    {
        assert_eq!(status(&server, &path).await, 403, "{path}");
    }
    assert_eq!(status(&server, &fixture.authorize_path(&other)).await, 204);
    let stats = server.origin.stats();
    assert_eq!(stats.revocations_age_seconds, Some(3));
    assert_eq!(stats.revoked, 5);
}

#[tokio::test]
async fn a_film_refuses_the_sessions_from_before_its_take_down() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    let other_film =
        Fixture { film: "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4eff".parse().unwrap(), ..Fixture::new().await };
    fixture.storage.put_bytes(&other_film.key(SEGMENT), "text".into()).await.unwrap();
    let paths = [
        (fixture.path_with(&fixture.token_of(NOON - 1), SEGMENT), 403),
        // A viewer that started after the film was published again.
        (fixture.path_with(&fixture.token_of(NOON), SEGMENT), 200),
        (other_film.path_with(&other_film.token_of(NOON - 1), SEGMENT), 200),
    ];
    for (path, _) in &paths {
        assert_eq!(status(&server, path).await, 200);
    }
    let mut list = Revocations::new(NOW);
    list.revoke_film(fixture.film, NOON);
    fixture.put_list(&list).await;
    wait_until("the film's earlier session is refused", async || {
        assert_eq!(status(&server, &paths[1].0).await, 200);
        assert_eq!(status(&server, &paths[2].0).await, 200);
        status(&server, &paths[0].0).await == 403
    })
    .await;
    for (path, expected) in &paths {
        assert_eq!(status(&server, path).await, *expected);
    }

    // A list without the entry, made later, ends the refusal.
    fixture.put_list(&Revocations::new(NOW + 1)).await;
    wait_until("the session is accepted", async || status(&server, &paths[0].0).await == 200).await;
}

/// Nothing but a valid list that was not made earlier replaces the list in use.
#[tokio::test]
async fn old_forged_truncated_and_deleted_lists_are_ignored() {
    let fixture = Fixture::new().await;
    let mut list = Revocations::new(NOW);
    list.revoke_session(session(MORNING));
    fixture.put_list(&list).await;
    // Requests are checked by this test alone, after each read.
    let origin = Origin::new(fixture.config()).unwrap();
    origin.read_revocations().await;
    let allowed = async |token: String| {
        let request = http::Request::get(fixture.authorize_path(&token)).body(()).unwrap();
        origin.handle(request).await.status() == 204
    };
    let (revoked, other) = (fixture.token_of(MORNING), fixture.token_of(NOON));
    assert!(!allowed(revoked.clone()).await);

    let foreign = KeyRing::parse(&format!("7 {}", "aa00".repeat(16))).unwrap();
    let unknown = KeyRing::parse(&format!("9 {}", "0123456789abcdef".repeat(4))).unwrap();
    let mut forged = Revocations::new(NOW + 1);
    forged.revoke_session(session(NOON));
    forged.revoke_film(fixture.film, u64::MAX);
    let good = list.sign(&fixture.keys).bytes;
    for (what, bytes) in [
        ("replayed", Revocations::new(NOW - 1).sign(&fixture.keys).bytes),
        ("replayed from long ago", Revocations::new(0).sign(&fixture.keys).bytes),
        ("signed with another key", forged.sign(&foreign).bytes),
        ("signed with an unknown key", forged.sign(&unknown).bytes),
        ("from the far future", Revocations::new(NOW + 61).sign(&fixture.keys).bytes),
        ("truncated", good[..good.len() / 2].to_vec()),
        ("truncated by a byte", good[..good.len() - 1].to_vec()),
        ("empty", Vec::new()),
        ("a token", revoked.clone().into_bytes()),
        ("too long", vec![b' '; 9 << 20]),
    ] {
        fixture.put_list_bytes(bytes).await;
        origin.read_revocations().await;
        assert!(!allowed(revoked.clone()).await, "{what}");
        assert!(allowed(other.clone()).await, "{what}");
    }
    fixture.storage.delete(&Key::revocations()).await.unwrap();
    origin.read_revocations().await;
    assert!(!allowed(revoked.clone()).await, "deleted");

    // The second key in force signs during a rotation.
    let rotated = KeyRing::parse(&format!("8 {}", "fedcba9876543210".repeat(4))).unwrap();
    let mut next = Revocations::new(NOW + 1);
    next.revoke_session(session(NOON));
    fixture.put_list_bytes(next.sign(&rotated).bytes).await;
    origin.read_revocations().await;
    assert!(allowed(revoked).await && !allowed(other).await);
}

#[tokio::test]
async fn without_a_list_and_with_an_outdated_list_the_origin_serves() {
    static CLOCK: AtomicU64 = AtomicU64::new(NOW);
    let fixture = Fixture::new().await;
    let server = Server::start(Config { clock: || CLOCK.load(Relaxed), ..fixture.config() }).await;
    let (revoked, other) = (fixture.token_of(MORNING), fixture.token_of(NOON));
    assert_eq!(status(&server, &fixture.path_with(&revoked, SEGMENT)).await, 200);
    let mut list = Revocations::new(NOW);
    list.revoke_session(session(MORNING));
    fixture.put_list(&list).await;
    wait_until("the list is used", async || server.origin.stats().revocations_age_seconds.is_some()).await;
    CLOCK.store(NOW + 1800, Relaxed);
    assert_eq!(status(&server, &fixture.path_with(&revoked, SEGMENT)).await, 403);
    assert_eq!(status(&server, &fixture.path_with(&other, SEGMENT)).await, 200);
    assert_eq!(server.origin.stats().revocations_age_seconds, Some(1800));
}

/// The list is read before the first request, and the task ends with the server.
#[tokio::test]
async fn an_origin_that_starts_knows_the_list_at_once() {
    let fixture = Fixture::new().await;
    let mut list = Revocations::new(NOW);
    list.revoke_session(session(MORNING));
    fixture.put_list(&list).await;
    let mut server = Server::start(fixture.config()).await;
    assert_eq!(status(&server, &fixture.path_with(&fixture.token_of(MORNING), SEGMENT)).await, 403);
    server.stop();
    server.stopped().await;

    let origin = Origin::new(fixture.config()).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let following =
        tokio::spawn(async move { origin.follow_revocations(async { drop(stopped.await) }).await });
    stop.send(()).unwrap();
    following.await.unwrap();
}
