//! Several machines: API, origin and two workers as separate processes over one PostgreSQL and one object store. One of each is killed
//! and started again, and nothing is lost.

use std::{process::Stdio, time::Duration};

use crate::{
    object_store::{borrowed, settings},
    support::{Process, Role, Site, eventually, master},
};

const LIMIT: Duration = Duration::from_mins(4);

#[tokio::test]
async fn one_of_each_role_may_be_killed() {
    let settings = settings();
    let site = Site::start_with(0, &borrowed(&settings), None).await;
    let mut api = Role::start(&site, "api").await;
    let mut origin = Role::start(&site, "origin").await;
    let mut workers = [site.start_worker("worker-a"), site.start_worker("worker-b")];

    // The API is killed while it receives an upload; the client resumes it.
    let file = master(site.path(), 90);
    let mut import = site.command(&[
        "import",
        file.to_str().unwrap(),
        "--title",
        "Several",
        "--profile",
        "fast",
        "--publish",
    ]);
    import.env("NANG_SERVER", api.url()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut import = Process(import.spawn().unwrap());
    let admin = site.log_in().await;
    eventually("the upload to begin", LIMIT, async || {
        let film = site.film(&admin, "Several").await?;
        (!film["files"].as_array()?.is_empty()).then_some(())
    })
    .await;
    api.restart().await;

    // A worker is killed while it encodes.
    eventually("the film to be encoded", LIMIT, async || {
        let film = site.film(&admin, "Several").await?;
        (film["builds"][0]["state"] == "encoding").then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    workers[0].kill();
    workers[0] = site.start_worker("worker-a");
    let film = site.settled(&admin, "Several", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("worker-b"));
    eventually("the import to end", LIMIT, async || (!import.is_running()).then_some(())).await;
    assert!(import.0.wait().unwrap().success());

    // Both origins serve the same bytes, also after one of them was killed.
    let stream = site.play(film["id"].as_str().unwrap()).await;
    let elsewhere = |url: &reqwest::Url| {
        let mut url = url.clone();
        url.set_port(Some(origin.address.port())).unwrap();
        url
    };
    let urls: Vec<_> = stream.all_urls().await.into_iter().map(|url| (elsewhere(&url), url)).collect();
    let (half, rest) = urls.split_at(urls.len() / 2);
    for (there, here) in half {
        assert!(stream.read(there).await == stream.read(here).await, "{here}");
    }
    origin.restart().await;
    for (there, here) in rest {
        assert!(stream.read(there).await == stream.read(here).await, "{here}");
    }
}
