//! Taking films and viewers down: tokens stop working within a minute, and only those that it concerns.

use std::time::Duration;

use serde_json::json;

use crate::support::{Site, eventually, master};

/// The longest time from the change to the first refusal without a proxy: the writer looks every 4 s, the origin every 5 s.
const TAKE_DOWN: Duration = Duration::from_secs(30);

#[tokio::test]
async fn tokens_stop_working_when_their_session_or_film_is_taken_down() {
    let site = Site::start(1).await;
    let film = master(site.path(), 8);
    let import = ["import", film.to_str().unwrap(), "--title", "Down", "--profile", "fast", "--publish"];
    let import = site.run(&import).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    let admin = site.log_in().await;
    let film = site.film(&admin, "Down").await.unwrap();
    let id = film["id"].as_str().unwrap();

    let (ended, other) = (site.play(id).await, site.play(id).await);
    let session = format!("/api/stream/sessions/{}", ended.answer["session_id"].as_str().unwrap());
    let (status, _) = site.send("", "DELETE", &session, Vec::new()).await;
    assert_eq!(status, 204);
    eventually("the ended session's token to be refused", TAKE_DOWN, async || {
        assert_eq!(other.status().await, 200, "another viewer was disturbed");
        (ended.status().await == 403).then_some(())
    })
    .await;

    // An editor's preview continues when the film becomes a draft.
    let path = format!("/api/admin/films/{id}");
    let version = site.get(&admin, &path).await.unwrap()["version"].clone();
    let (status, answer) = site.patch(&admin, &path, &version, &json!({"visibility": "draft"})).await;
    assert_eq!(status, 200, "{answer:#}");
    let preview = site.play_as(&admin, id).await;
    eventually("the viewer's token to be refused", TAKE_DOWN, async || {
        assert_eq!(preview.status().await, 200, "the editor's preview was disturbed");
        (other.status().await == 403).then_some(())
    })
    .await;

    // Public again: the same token works again, since its viewer may play.
    let version = site.get(&admin, &path).await.unwrap()["version"].clone();
    site.patch(&admin, &path, &version, &json!({"visibility": "public"})).await;
    eventually("the viewer's token to work again", TAKE_DOWN, async || {
        (other.status().await == 200).then_some(())
    })
    .await;
    assert_eq!(ended.status().await, 403, "the ended session stays ended");
}
