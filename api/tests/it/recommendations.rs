//! Recommendations over HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    films::create,
    own_lists::{create_films, watch},
    test_app::{Caller, TestApp},
};

/// Each row's kind, film and films.
async fn rows(caller: Caller<'_>) -> Vec<(String, Value, Vec<String>)> {
    let answer = caller.get("/api/recommendations").await.ok();
    let row = |row: &Value| {
        let films = row["items"].as_array().unwrap().iter();
        let films = films.map(|item| item["film"]["id"].as_str().unwrap().to_owned()).collect();
        (row["kind"].as_str().unwrap().to_owned(), row["film"]["id"].clone(), films)
    };
    answer["items"].as_array().unwrap().iter().map(row).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_viewer_gets_the_newest_films_and_others_films_by_what_they_watched(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    assert_eq!(rows(app.anonymous()).await, []);
    let films = create_films(&app, 5).await;
    let ids: Vec<_> = films.iter().map(ToString::to_string).collect();
    let newest: Vec<_> = ids.iter().rev().cloned().collect();
    for caller in [app.anonymous(), app.viewer()] {
        assert_eq!(rows(caller).await, [("new".to_owned(), Value::Null, newest.clone())]);
    }

    let director = Uuid::now_v7();
    let names = json!({ "lo": "ອານິໄສ", "en": "Anysay" });
    sqlx::query("INSERT INTO people (id, slug, names, sort_name) VALUES ($1, 'anysay', $2, 'anysay')")
        .bind(director)
        .bind(&names)
        .execute(&app.pool)
        .await
        .unwrap();
    for film in &films[..3] {
        sqlx::query(
            "INSERT INTO film_cast (film_id, person_id, role, position) VALUES ($1, $2, 'director', 0)",
        )
        .bind(film.0)
        .bind(director)
        .execute(&app.pool)
        .await
        .unwrap();
    }
    let reason = json!({ "kind": "same_director", "label": names });
    let similar = app.anonymous().get(&format!("/api/films/{}/similar", films[0])).await.ok();
    let items = similar["items"].as_array().unwrap();
    assert_eq!(items[0]["film"], app.anonymous().listed_film(&films[2].to_string()).await);
    assert_eq!((&items[0]["reason"], &items[1]["reason"]), (&reason, &reason));
    assert_eq!(items[2]["reason"], json!({ "kind": "new", "label": null }));
    assert_eq!(items.len(), 4);
    let two = app.viewer().get(&format!("/api/films/{}/similar?limit=2", films[0])).await.ok();
    assert_eq!(two["items"].as_array().unwrap().len(), 2);

    watch(&app, app.viewer(), films[0]).await;
    watch(&app, app.editor(), films[3]).await;
    db::recommendation::count(&app.db, Duration::ZERO).await.unwrap();
    let of = |indices: &[usize]| indices.iter().map(|index| ids[*index].clone()).collect::<Vec<_>>();
    assert_eq!(
        rows(app.viewer()).await,
        [
            ("because_you_watched".to_owned(), json!(ids[0]), of(&[2, 1])),
            ("popular".to_owned(), Value::Null, of(&[3])),
            ("new".to_owned(), Value::Null, of(&[4])),
        ]
    );
    assert_eq!(
        rows(app.anonymous()).await,
        [("popular".to_owned(), Value::Null, of(&[3, 0])), ("new".to_owned(), Value::Null, of(&[4, 2, 1])),]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn similar_films_of_a_hidden_film_are_not_found(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = create_films(&app, 1).await[0];
    let path = format!("/api/films/{film}/similar");
    assert_eq!(app.anonymous().get(&path).await.ok(), json!({ "items": [] }));
    for (visibility, status) in [("members", 404), ("unlisted", 200), ("draft", 404)] {
        sqlx::query("UPDATE films SET visibility = $1").bind(visibility).execute(&app.pool).await.unwrap();
        assert_eq!(app.anonymous().get(&path).await.status.as_u16(), status, "{visibility}");
    }
    app.viewer().get(&path).await.expect(404, "not-found");
    app.editor().get(&path).await.ok();
    let empty = create(&app, json!({ "en": "Empty" })).await;
    app.editor().get(&format!("/api/films/{empty}/similar")).await.ok();
    for query in ["limit=0", "limit=41", "limit=x", "cursor=1"] {
        app.editor().get(&format!("{path}?{query}")).await.expect(400, "invalid-query");
    }
}
