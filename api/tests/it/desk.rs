//! What needs an editor now.

use db::queue::JobKind;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    catalogue::{change, create_public_film},
    films::create,
    pipeline,
    test_app::TestApp,
};

fn in_days(days: i64) -> String {
    (OffsetDateTime::now_utc() + Duration::days(days)).format(&Rfc3339).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_desk_names_every_film_that_needs_an_editor(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let quiet = app.editor().get("/api/admin/desk").await.ok();
    for group in ["failed", "damaged", "stopped_uploads", "unpublished", "opening", "closing"] {
        assert_eq!(quiet[group], json!({ "count": 0, "films": [] }), "{group}");
    }
    assert_eq!((&quiet["queue"]["queued"], &quiet["storage"]["fault"]), (&json!(0), &Value::Null));

    // A film that failed, and one of which a newer build failed while viewers keep the older one.
    let failed = create(&app, json!({ "en": "Failed" })).await;
    pipeline::upload(&app.db, failed).await;
    pipeline::probe(&app.db).await;
    pipeline::fail_next(&app.db, JobKind::EncodeAudio, "the decoder crashed").await;
    // Ready and not published.
    let draft = create(&app, json!({ "en": "Draft" })).await;
    pipeline::make_ready(&app.db, draft).await;
    for (title, from, until) in [
        ("Opening", Some(3), None),
        ("Closing", None, Some(6)),
        ("Later", Some(9), None),
        ("Long open", Some(-9), Some(30)),
    ] {
        let film = create_public_film(&app, title, json!({})).await;
        let window = json!({ "available_from": from.map(in_days), "available_until": until.map(in_days) });
        change(&app, &format!("/api/admin/films/{film}"), window).await.ok();
    }
    // An upload to which no data has arrived for two hours, and a new one.
    for (film, age) in [(failed, "2 hours"), (draft, "0 hours")] {
        sqlx::query(
            "INSERT INTO film_files (id, film_id, name, size_bytes, expires_at, purpose)
             VALUES (gen_random_uuid(), $1, 'master.mov', 100, now() + interval '1 hour' - $2::interval, 'master')",
        )
        .bind(film.0)
        .bind(age)
        .execute(&app.pool)
        .await
        .unwrap();
    }

    let desk = app.editor().get("/api/admin/desk").await.ok();
    let titles = |group: &str| -> Vec<String> {
        let films = desk[group]["films"].as_array().unwrap();
        assert_eq!(desk[group]["count"], films.len(), "{group}");
        films.iter().map(|film| film["titles"]["en"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles("failed"), ["Failed"], "{desk}");
    assert!(desk["failed"]["films"][0]["detail"].as_str().unwrap().contains("the decoder crashed"), "{desk}");
    assert_eq!(titles("damaged"), Vec::<String>::new());
    assert_eq!(titles("stopped_uploads"), ["Failed"]);
    assert_eq!(desk["stopped_uploads"]["films"][0]["detail"], "master.mov");
    assert_eq!(titles("unpublished"), ["Draft"]);
    assert_eq!(titles("opening"), ["Opening"]);
    assert_eq!(titles("closing"), ["Closing"]);
    assert_eq!(desk["queue"]["dead"], 1);
    assert!(desk["storage"]["free_bytes"].as_u64().unwrap() > 0);
}
