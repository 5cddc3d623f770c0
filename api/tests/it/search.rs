//! Search and its suggestions over HTTP.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    catalogue::{add, create_public_film},
    films::{create, publish},
    pipeline,
    test_app::TestApp,
};

fn no_results() -> Value {
    json!({ "items": [], "people": [], "corrected": false, "next_cursor": null })
}

#[sqlx::test(migrations = "../migrations")]
async fn people_are_found_by_name_and_misspelled_names_are_forgiven(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let names = json!({ "lo": "ແມັດຕີ ໂດ", "en": "Mattie Do" });
    let person = add(&app, "cast", json!({ "names": names, "slug": "mattie-do" })).await;
    add(&app, "cast", json!({ "names": { "en": "Mattie Draft" } })).await;
    let credits = json!({ "credits": [{ "person_id": person, "role": "director" }] });
    create_public_film(&app, "Chanthaly", credits).await;
    for (query, is_corrected) in
        [("mattie", false), ("mattei", true), ("%E0%BB%81%E0%BA%A1%E0%BA%B1%E0%BA%94", false)]
    {
        let page = app.anonymous().get(&format!("/api/search?q={query}")).await.ok();
        let found = &page["people"][0];
        assert_eq!((&found["id"], &found["slug"]), (&json!(person), &json!("mattie-do")), "{query}: {page}");
        assert_eq!((&found["names"], &found["portrait"]), (&names, &json!(null)));
        assert_eq!(page["people"].as_array().unwrap().len(), 1, "only people in films that the caller sees");
        assert_eq!(page["corrected"], is_corrected, "{query}: {page}");
        let suggestions = app.anonymous().get(&format!("/api/search/suggestions?q={query}")).await.ok();
        let suggested = suggestions["items"].as_array().unwrap();
        let suggested = suggested.iter().find(|item| item["kind"] == "person").unwrap();
        assert_eq!(suggested["person"]["slug"], "mattie-do", "{query}");
        assert_eq!(suggestions["corrected"], is_corrected, "{query}: {suggestions}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_is_found_by_any_spelling_with_the_matching_text(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let titles = json!({ "lo": "ສະບາຍດີ ຫຼວງພະບາງ", "en": "Good Morning, Luang Prabang" });
    let film = create(&app, titles.clone()).await;
    pipeline::make_ready(&app.db, film).await;
    let found = async |query: &str| app.anonymous().get(&format!("/api/search?q={query}")).await.ok();
    assert_eq!(found("morning").await, no_results());
    publish(&app, film).await;
    for (query, text) in [
        ("morning", "Good Morning, Luang Prabang"),
        ("%E0%BA%AB%E0%BA%A5%E0%BA%A7%E0%BA%87%E0%BA%9E%E0%BA%B0", "ສະບາຍດີ ຫຼວງພະບາງ"),
        ("mornimg", "Good Morning, Luang Prabang"),
        ("sabaidee", "ສະບາຍດີ ຫຼວງພະບາງ"),
    ] {
        let page = found(query).await;
        let item = &page["items"][0];
        assert_eq!(item["id"], film.to_string(), "{query}: {page}");
        assert_eq!(item["titles"], titles);
        assert_eq!(item["match"]["field"], "title");
        let is_corrected = json!(query == "mornimg");
        assert_eq!(
            (&page["corrected"], &item["match"]["corrected"]),
            (&is_corrected, &is_corrected),
            "{query}"
        );
        if query != "mornimg" {
            assert_eq!(item["match"]["text"], text, "{query}");
        }
    }
    let suggestions = app.anonymous().get("/api/search/suggestions?q=good").await.ok();
    let item = &suggestions["items"][0];
    assert_eq!((&item["kind"], &item["id"]), (&json!("film"), &json!(film.to_string())));
    assert_eq!(item["text"], "Good Morning, Luang Prabang");
    assert_eq!(item["film"]["titles"], titles);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_query_text_gets_a_response(pool: PgPool) {
    let app = TestApp::new(pool);
    let nothing = ["", "%20%20", "%F0%9F%8E%AC", "%25_%5C", "%27%22%3B--", "%E0%BB%88", "a", "%E0%BA%81"];
    let longest = "x".repeat(200);
    for query in nothing.into_iter().chain([longest.as_str()]) {
        let page = app.anonymous().get(&format!("/api/search?q={query}")).await.ok();
        assert_eq!(page, no_results(), "{query}");
        let page = app.anonymous().get(&format!("/api/search/suggestions?q={query}")).await.ok();
        assert_eq!(page, json!({ "items": [], "corrected": false }), "{query}");
    }
    let long = format!("/api/search?q={}", "x".repeat(201));
    for path in [
        "/api/search",
        &long,
        "/api/search?q=%00",
        "/api/search?q=a&limit=0",
        "/api/search?q=a&cursor=x",
        "/api/search?q=a&x=1",
    ] {
        app.anonymous().get(path).await.expect(400, "invalid-query");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn each_page_begins_where_the_last_one_ended(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let mut films = Vec::new();
    for number in 0..3 {
        let film = create(&app, json!({ "en": format!("River {number}") })).await;
        pipeline::make_ready(&app.db, film).await;
        publish(&app, film).await;
        films.push(film.to_string());
    }
    let first = app.anonymous().get("/api/search?q=river&limit=2").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = app.anonymous().get(&format!("/api/search?q=river&limit=2&cursor={cursor}")).await.ok();
    assert_eq!(last["next_cursor"], json!(null));
    let items = first["items"].as_array().unwrap().iter().chain(last["items"].as_array().unwrap());
    let mut seen: Vec<String> = items.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    seen.sort_unstable();
    assert_eq!(seen, films);
}
