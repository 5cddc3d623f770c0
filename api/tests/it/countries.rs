//! Films that may be watched in some countries only.

use axum::http::{HeaderName, Request, header};
use domain::id::FilmId;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    films::{create, publish},
    pipeline,
    test_app::{Answer, Caller, TestApp, trusted_peer},
};

const HEADER: HeaderName = HeaderName::from_static("x-country");

async fn app(pool: PgPool) -> TestApp {
    let app = TestApp::with_config(pool, |config| {
        config.trusted_proxies = trusted_peer();
        config.country_header = Some(HEADER);
    });
    app.with_viewer().await.with_editor().await
}

async fn create_limited_film(app: &TestApp) -> FilmId {
    let film = create(app, json!({ "en": "At home" })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(app, film).await;
    sqlx::query("UPDATE films SET available_in = '{LA,TH}', region_note = 'Mekong' WHERE id = $1")
        .bind(film.0)
        .execute(&app.pool)
        .await
        .unwrap();
    film
}

async fn send_from(caller: Caller<'_>, request: &str, path: &str, country: Option<&str>) -> Answer {
    let request = Request::builder().method(request).uri(path);
    caller
        .send(match country {
            Some(country) => request.header(HEADER, country),
            None => request,
        })
        .await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_limited_film_plays_in_its_countries_only(pool: PgPool) {
    let app = app(pool).await;
    let film = create_limited_film(&app).await;
    let path = format!("/api/stream/{film}");
    for country in [Some("FR"), Some("XX"), Some("T1"), None] {
        for caller in [app.anonymous(), app.viewer()] {
            let problem = send_from(caller, "POST", &path, country).await.expect(403, "not-in-this-country");
            assert_eq!(problem["available_in"], json!(["LA", "TH"]));
        }
        send_from(app.editor(), "POST", &path, country).await.ok();
    }
    let stream = send_from(app.anonymous(), "POST", &path, Some("la")).await.ok();
    let renew = format!("/api/stream/sessions/{}/renew", stream["session_id"].as_str().unwrap());
    send_from(app.anonymous(), "POST", &renew, Some("TH")).await.ok();
    send_from(app.anonymous(), "POST", &renew, Some("FR")).await.expect(403, "not-in-this-country");
    sqlx::query("UPDATE films SET available_in = '{}'").execute(&app.pool).await.unwrap();
    send_from(app.anonymous(), "POST", &renew, None).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_of_a_limited_film_says_whether_it_plays_here(pool: PgPool) {
    let app = app(pool).await;
    let film = create_limited_film(&app).await;
    let path = format!("/api/films/{film}");
    for (caller, country, is_here) in [
        (app.anonymous(), Some("LA"), true),
        (app.anonymous(), Some("FR"), false),
        (app.viewer(), None, false),
        (app.editor(), Some("FR"), true),
    ] {
        let answer = send_from(caller, "GET", &path, country).await;
        // A shared cache does not know the country.
        assert_eq!(answer.header(header::CACHE_CONTROL), "private, max-age=10");
        let availability = answer.ok()["availability"].clone();
        assert_eq!(availability["is_here"], is_here, "{country:?}");
        assert_eq!(
            (&availability["countries"], &availability["region_note"]),
            (&json!(["LA", "TH"]), &json!("Mekong"))
        );
    }
    let of_editor = app.editor().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!(
        (&of_editor["enforces_countries"], &of_editor["availability"]["is_here"]),
        (&json!(true), &json!(true))
    );
    sqlx::query("UPDATE films SET available_in = '{}'").execute(&app.pool).await.unwrap();
    let answer = send_from(app.anonymous(), "GET", &path, Some("FR")).await;
    assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=10");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_setting_a_limited_film_plays_everywhere(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_limited_film(&app).await;
    send_from(app.anonymous(), "POST", &format!("/api/stream/{film}"), Some("FR")).await.ok();
    let page = send_from(app.anonymous(), "GET", &format!("/api/films/{film}"), Some("FR")).await.ok();
    assert_eq!(page["availability"]["is_here"], true);
    let of_editor = app.editor().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!(of_editor["enforces_countries"], false);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_next_film_is_one_that_plays_here(pool: PgPool) {
    let app = app(pool).await;
    let first = create(&app, json!({ "en": "First" })).await;
    pipeline::make_ready(&app.db, first).await;
    publish(&app, first).await;
    let limited = create_limited_film(&app).await;
    let category = uuid::Uuid::now_v7();
    sqlx::query("INSERT INTO categories (id, slug, names) VALUES ($1, 'home', '{\"en\": \"Home\"}')")
        .bind(category)
        .execute(&app.pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO film_categories (category_id, film_id, position) VALUES ($1, $2, 0), ($1, $3, 1)",
    )
    .bind(category)
    .bind(first.0)
    .bind(limited.0)
    .execute(&app.pool)
    .await
    .unwrap();
    let path = format!("/api/stream/{first}");
    let next = async |caller, country| {
        send_from(caller, "POST", &path, Some(country)).await.ok()["next_film"].clone()
    };
    assert_eq!(next(app.anonymous(), "TH").await["id"], limited.to_string());
    assert_eq!(next(app.anonymous(), "FR").await, Value::Null);
    assert_eq!(next(app.editor(), "FR").await["id"], limited.to_string());
}
