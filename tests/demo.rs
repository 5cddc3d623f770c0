//! `nang-tools demo` against a whole server: the films can be found, shown and played.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;

use crate::support::{Site, eventually};

/// The films that last long enough to be resumed and to have end credits.
const LONG: [&str; 3] = ["sainam-khong-maetou", "dok-champa-sout-thai", "kheun-lai-heua-fai"];

async fn demo(site: &Site) -> String {
    let output = site.run_tools(&["demo"]).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn items(site: &Site, token: &str, path: &str) -> Vec<Value> {
    let answer = site.get(token, path).await.unwrap();
    answer["items"].as_array().unwrap_or_else(|| panic!("{path}: {answer}")).clone()
}

#[tokio::test]
async fn the_demo_films_can_be_found_shown_and_played() {
    let site = Site::start(2).await;
    let printed = demo(&site).await;
    let all = "Added 40 of 40 films, 60 of 60 people, 6 of 6 categories, 140 images and 38 clips.\n";
    assert!(printed.starts_with(all), "{printed}");
    // On a slow machine each step lasts longer than an access token is valid: each logs in.
    let version = async || {
        let token = site.log_in().await;
        let films = items(&site, &token, "/api/admin/films?limit=100").await;
        films.iter().map(|film| film["version"].as_u64().unwrap()).sum::<u64>()
    };
    let before = version().await;
    let printed = demo(&site).await;
    assert_eq!(printed, "Added 0 of 40 films, 0 of 60 people, 0 of 6 categories, 0 images and 0 clips.\n");
    assert_eq!(version().await, before);

    // Two are scheduled and two are drafts.
    let token = site.log_in().await;
    let films = eventually("the clips to be encoded", Duration::from_mins(12), async || {
        let films = items(&site, &token, "/api/films?limit=100").await;
        (films.len() == 36).then_some(films)
    })
    .await;
    for (path, count) in [("/api/cast?limit=100", 60), ("/api/genres?limit=100", 10), ("/api/categories", 6)]
    {
        assert_eq!(items(&site, &token, path).await.len(), count, "{path}");
    }
    for category in items(&site, &token, "/api/categories").await {
        assert!(category["films"].as_array().unwrap().len() >= 4, "{category}");
    }

    let token = site.log_in().await;
    let http = reqwest::Client::new();
    let mut posters = HashSet::new();
    for film in &films {
        let (poster, slug) = (&film["poster"], film["slug"].as_str().unwrap());
        let duration_ms = if LONG.contains(&slug) { 90_000 } else { 8000 };
        assert_eq!((&film["duration_ms"], &film["width"]), (&duration_ms.into(), &640.into()), "{film}");
        assert_eq!(poster["widths"], serde_json::json!([240, 320, 480, 960]), "{film}");
        let path = format!("/api/images/{}/480", poster["id"].as_str().unwrap());
        let bytes = http.get(site.url(&path)).send().await.unwrap().bytes().await.unwrap();
        let pixels = image::load_from_memory(&bytes).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (480, 720), "{slug}");
        assert!(posters.insert(bytes), "{slug} has another film's poster");
        for language in ["lo", "en"] {
            let mut address = reqwest::Url::parse(&site.url("/api/search")).unwrap();
            address.query_pairs_mut().append_pair("q", film["titles"][language].as_str().unwrap());
            let found = http.get(address).bearer_auth(&token).send().await.unwrap();
            let found = found.json::<Value>().await.unwrap();
            assert_eq!(found["items"][0]["slug"], slug, "{language} {found}");
        }
    }
    let page = site.get(&token, "/api/films/sainam-khong-maetou").await.unwrap();
    assert_eq!(page["audio_tracks"].as_array().unwrap().len(), 1);
    let stream = site.play(page["id"].as_str().unwrap()).await;
    assert_eq!(stream.answer["credits_ms"], 78_000);
    assert_eq!(page["images"].as_array().unwrap().len(), 2);
    assert!(page["credits"].as_array().unwrap().iter().all(|credit| credit["portrait"].is_object()));
}
