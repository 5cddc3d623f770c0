//! The catalogue as viewers browse it: films by id, slug and every filter; genres, categories, people.

use axum::http::header;
use domain::id::FilmId;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    films::{create, publish},
    pipeline,
    test_app::{Answer, TestApp},
};

/// Creates a genre, person or category as an editor and returns its id.
pub async fn add(app: &TestApp, collection: &str, body: Value) -> String {
    let made = app.editor().post(&format!("/api/admin/{collection}"), &body).await.ok();
    made["id"].as_str().unwrap().to_owned()
}

/// Edits what is at `path` as an editor, with its current `ETag`.
pub async fn change(app: &TestApp, path: &str, body: Value) -> Answer {
    let etag = app.editor().get(path).await.header(header::ETAG).to_owned();
    app.editor().patch(path, &etag, &body).await
}

/// Creates a public film that is ready.
pub async fn create_public_film(app: &TestApp, title: &str, fields: Value) -> FilmId {
    let film = create(app, json!({ "en": title })).await;
    change(app, &format!("/api/admin/films/{film}"), fields).await.ok();
    pipeline::make_ready(&app.db, film).await;
    publish(app, film).await;
    film
}

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|film| film["titles"]["en"].as_str().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_of_a_film_has_every_field(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let drama = add(&app, "genres", json!({ "names": { "en": "Drama" } })).await;
    let mattie = add(&app, "cast", json!({ "names": { "en": "Mattie Do" } })).await;
    let fields = json!({
        "original_title": "ຈັນທະລີ", "synopses": { "en": "A daughter dreams.\nOf her mother." }, "year": 2012, "countries": ["LA"],
        "languages": ["LAO"], "age_rating": "15+", "awards": { "en": "Fantastic Fest" }, "region_note": "Laos only",
        "available_in": ["LA", "TH"], "available_from": "2020-01-01T00:00:00Z", "available_until": "2021-01-01T00:00:00+07:00",
        "genres": [drama], "credits": [
            { "person_id": mattie, "role": "director" },
            { "person_id": mattie, "role": "other", "credited_as": { "en": "Make-up" } },
        ],
    });
    let film = create_public_film(&app, "Chanthaly", fields).await;

    let answer = app.anonymous().get("/api/films/chanthaly").await;
    assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=10");
    assert_eq!(answer.header(header::VARY), "Authorization");
    let page = answer.ok();
    assert_eq!(page["id"], film.to_string());
    let person = json!({ "id": mattie, "slug": "mattie-do", "names": { "en": "Mattie Do" } });
    for (field, value) in [
        ("slug", json!("chanthaly")),
        ("original_title", json!("ຈັນທະລີ")),
        ("synopses", json!({ "en": "A daughter dreams.\nOf her mother." })),
        ("year", json!(2012)),
        ("countries", json!(["LA"])),
        ("languages", json!(["lo"])),
        ("awards", json!({ "en": "Fantastic Fest" })),
        ("genres", json!([{ "id": drama, "slug": "drama", "names": { "en": "Drama" } }])),
        (
            "credits",
            json!([
                { "person": person, "portrait": null, "role": "director", "credited_as": {} },
                { "person": person, "portrait": null, "role": "other", "credited_as": { "en": "Make-up" } },
            ]),
        ),
        (
            "availability",
            json!({ "from": "2020-01-01T00:00:00Z", "until": "2020-12-31T17:00:00Z", "state": "over", "countries": ["LA", "TH"], "is_here": true, "region_note": "Laos only" }),
        ),
    ] {
        assert_eq!(page[field], value, "{field}");
    }
    let of_member = app.viewer().get("/api/films/chanthaly").await;
    assert_eq!(of_member.header(header::CACHE_CONTROL), "private, max-age=10");
    let person = app.anonymous().get("/api/cast/mattie-do").await.ok();
    assert_eq!(
        titles(&json!([person["filmography"][0]["film"], person["filmography"][1]["film"]])),
        ["Chanthaly"; 2]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn visibility_decides_which_callers_see_a_film(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    for (fields, listed, by_address) in [
        (json!({ "visibility": "draft" }), [false, false], [false, false]),
        (json!({ "visibility": "public" }), [true, true], [true, true]),
        (json!({ "visibility": "members" }), [false, true], [false, true]),
        (json!({ "visibility": "unlisted" }), [false, false], [true, true]),
        (
            json!({ "visibility": "scheduled", "publish_at": "2020-01-01T00:00:00Z" }),
            [true, true],
            [true, true],
        ),
        (
            json!({ "visibility": "scheduled", "publish_at": "2999-01-01T00:00:00Z" }),
            [false, false],
            [false, false],
        ),
    ] {
        let film = create_public_film(&app, "Film", fields.clone()).await;
        let path = format!("/api/admin/films/{film}");
        change(&app, &path, fields.clone()).await.ok();
        for (caller, listed, by_address) in
            [(app.anonymous(), listed[0], by_address[0]), (app.viewer(), listed[1], by_address[1])]
        {
            let list = caller.get("/api/films").await.ok();
            assert_eq!(list["items"].as_array().unwrap().len(), usize::from(listed), "{fields}");
            let answer = caller.get(&format!("/api/films/{film}")).await;
            match (by_address, fields["visibility"] == "members") {
                (true, _) => assert_eq!(answer.status, 200, "{fields}"),
                (false, false) => drop(answer.expect(404, "not-found")),
                // A guest may know that a film for members exists, and nothing else of it.
                (false, true) => {
                    let problem = answer.expect(401, "members-only");
                    assert!(!problem.to_string().contains("Film\""), "{problem}");
                    assert_eq!(answer.header("www-authenticate"), "Bearer");
                    let stream = caller.do_post(&format!("/api/stream/{film}")).await;
                    stream.expect(401, "members-only");
                }
            }
        }
        change(&app, &path, json!({ "visibility": "draft" })).await.ok();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_former_slug_redirects_to_the_current_one_and_stays_reserved(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_public_film(&app, "The Long Walk", json!({})).await;
    let second = create(&app, json!({ "en": "The Long Walk" })).await;
    let path = format!("/api/admin/films/{film}");
    // The slug stays when titles change.
    change(&app, &path, json!({ "titles": { "en": "Bor Mi Van Chark" } })).await.ok();
    assert_eq!(app.anonymous().get("/api/films/the-long-walk").await.ok()["slug"], "the-long-walk");
    change(&app, &path, json!({ "slug": "long-walk" })).await.ok();
    let moved = app.anonymous().get("/api/films/the-long-walk").await;
    assert_eq!((moved.status.as_u16(), moved.header(header::LOCATION)), (308, "/api/films/long-walk"));

    let second = format!("/api/admin/films/{second}");
    assert_eq!(app.editor().get(&second).await.ok()["slug"], "the-long-walk-2");
    for taken in ["long-walk", "the-long-walk"] {
        change(&app, &second, json!({ "slug": taken })).await.expect(409, "conflict");
    }
    change(&app, &second, json!({ "slug": "Not One" })).await.expect(422, "invalid");
    // The former slug of a draft does not reveal that the draft exists.
    change(&app, &second, json!({ "slug": "another" })).await.ok();
    app.anonymous().get("/api/films/the-long-walk-2").await.expect(404, "not-found");
    // A film may take back its own former slug.
    assert_eq!(change(&app, &path, json!({ "slug": "the-long-walk" })).await.ok()["slug"], "the-long-walk");
    let lao = create(&app, json!({ "lo": "ວຽງຈັນ" })).await;
    assert_eq!(app.editor().get(&format!("/api/admin/films/{lao}")).await.ok()["slug"], "viangchan");
}

#[sqlx::test(migrations = "../migrations")]
async fn film_lists_are_filtered_and_sorted(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let genre = add(&app, "genres", json!({ "names": { "en": "Horror" } })).await;
    let person = add(&app, "cast", json!({ "names": { "en": "Anysay Keola" } })).await;
    create_public_film(&app, "At the Horizon", json!({ "year": 2011, "languages": ["lo"], "credits": [{ "person_id": person, "role": "director" }] })).await;
    create_public_film(
        &app,
        "Dearest Sister",
        json!({ "year": 2016, "languages": ["lo"], "genres": [genre] }),
    )
    .await;
    create_public_film(&app, "Blood Road", json!({ "year": 2017, "languages": ["en"] })).await;
    for (query, expected) in [
        ("", vec!["Blood Road", "Dearest Sister", "At the Horizon"]),
        ("sort=oldest", vec!["At the Horizon", "Dearest Sister", "Blood Road"]),
        ("sort=title_en", vec!["At the Horizon", "Blood Road", "Dearest Sister"]),
        ("sort=year&limit=1", vec!["Blood Road"]),
        ("genre=horror", vec!["Dearest Sister"]),
        ("genre=no-such-genre", vec![]),
        ("genre=%00", vec![]),
        ("person=anysay-keola", vec!["At the Horizon"]),
        ("year_from=2012&year_to=2016", vec!["Dearest Sister"]),
        ("language=LAO&sort=oldest", vec!["At the Horizon", "Dearest Sister"]),
        ("audio=lo&runtime_max_ms=6000&limit=1", vec!["Blood Road"]),
        ("subtitle=lo", vec![]),
        ("availability=soon", vec![]),
    ] {
        let list = app.anonymous().get(&format!("/api/films?{query}")).await.ok();
        assert_eq!(titles(&list["items"]), expected, "{query}");
    }
    let first = app.anonymous().get("/api/films?sort=title_en&limit=2").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = app.anonymous().get(&format!("/api/films?sort=title_en&limit=2&cursor={cursor}")).await.ok();
    assert_eq!(titles(&rest["items"]), ["Dearest Sister"]);
    for query in [
        format!("sort=year&cursor={cursor}"),
        "cursor=x".to_owned(),
        "sort=best".to_owned(),
        "language=klingonish-at-length".to_owned(),
        "runtime_min_ms=99999999999999999".to_owned(),
        "colour=red".to_owned(),
    ] {
        app.anonymous().get(&format!("/api/films?{query}")).await.expect(400, "invalid-query");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn facets_count_the_films_that_the_caller_sees_listed(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let fields =
        |year: u16, countries: &[&str]| json!({ "year": year, "countries": countries, "languages": ["lo"] });
    create_public_film(&app, "One", fields(1988, &["LA"])).await;
    create_public_film(&app, "Two", fields(2008, &["TH", "LA"])).await;
    let third = create_public_film(&app, "Three", fields(2020, &["FR"])).await;
    change(&app, &format!("/api/admin/films/{third}"), json!({ "visibility": "members" })).await.ok();
    let facets = app.anonymous().get("/api/facets").await.ok();
    let count = |value: &str, count: u64| json!({ "value": value, "count": count });
    assert_eq!(facets["countries"], json!([count("LA", 2), count("TH", 1)]));
    assert_eq!(
        (&facets["languages"], &facets["audio_languages"]),
        (&json!([count("lo", 2)]), &json!([count("lo", 2)]))
    );
    assert_eq!((&facets["year_from"], &facets["year_to"]), (&json!(1988), &json!(2008)));
    let facets = app.viewer().get("/api/facets").await.ok();
    assert_eq!((&facets["countries"][1], &facets["year_to"]), (&count("FR", 1), &json!(2020)));
    for (query, expected) in
        [("country=la", vec!["Two", "One"]), ("country=TH", vec!["Two"]), ("country=FR", vec![])]
    {
        let list = app.anonymous().get(&format!("/api/films?{query}")).await.ok();
        assert_eq!(titles(&list["items"]), expected, "{query}");
    }
    app.anonymous().get("/api/films?country=Laos").await.expect(400, "invalid-query");
}

#[sqlx::test(migrations = "../migrations")]
async fn editors_find_people_by_the_beginning_of_a_name(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    for name in ["Mattie Do", "Anysay Keola", "Annie Do"] {
        add(&app, "cast", json!({ "names": { "en": name } })).await;
    }
    let found = async |query: &str| {
        let page = app.editor().get(&format!("/api/admin/cast?{query}")).await.ok();
        let items = page["items"].as_array().unwrap();
        let names: Vec<_> =
            items.iter().map(|person| person["names"]["en"].as_str().unwrap().to_owned()).collect();
        (names, page["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(found("text=an").await.0, ["Annie Do", "Anysay Keola"]);
    assert_eq!(found("text=keo").await.0, ["Anysay Keola"]);
    assert_eq!(found("text=%20").await.0.len(), 3);
    assert_eq!(found("text=...").await.0, Vec::<String>::new());
    let (first, cursor) = found("text=do&limit=1").await;
    assert_eq!(first, ["Annie Do"]);
    assert_eq!(
        found(&format!("text=do&limit=1&cursor={}", cursor.unwrap())).await,
        (vec!["Mattie Do".to_owned()], None)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn categories_keep_the_editors_order(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let mut films = Vec::new();
    for title in ["A", "B", "C", "D"] {
        films.push(create_public_film(&app, title, json!({})).await.to_string());
    }
    let hidden = create(&app, json!({ "en": "Draft" })).await.to_string();
    let late = add(&app, "categories", json!({ "names": { "en": "Late" }, "position": 2 })).await;
    let early = add(&app, "categories", json!({ "names": { "en": "Early" }, "position": 1 })).await;
    add(&app, "categories", json!({ "names": { "en": "Secret" }, "shown": false })).await;
    let order = |category: &str, films: &[&String]| {
        let request = axum::http::Request::put(format!("/api/admin/categories/{category}/films"))
            .header(header::IF_MATCH, "\"1\"");
        (request, json!({ "films": films }))
    };
    for (category, films) in
        [(&early, vec![&films[2], &hidden, &films[0], &films[3]]), (&late, vec![&films[1], &films[2]])]
    {
        let (request, body) = order(category, &films);
        app.editor().send_json(request, &body).await.ok();
        let (request, body) = order(category, &films);
        app.editor().send_json(request, &body).await.expect(412, "stale-version");
    }
    let categories = app.anonymous().get("/api/categories?films=2").await.ok();
    let categories: Vec<_> = categories["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|category| (category["slug"].as_str().unwrap(), titles(&category["films"])))
        .collect();
    assert_eq!(categories, [("early", vec!["C", "A"]), ("late", vec!["B", "C"])]);
    let page = app.anonymous().get("/api/categories/early?limit=2").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = app.anonymous().get(&format!("/api/categories/early?limit=2&cursor={cursor}")).await.ok();
    assert_eq!((titles(&rest["films"]), &rest["next_cursor"]), (vec!["D"], &Value::Null));
    let all = app.editor().get(&format!("/api/admin/categories/{early}/films")).await.ok();
    assert_eq!(titles(&all["items"]), ["C", "Draft", "A", "D"]);
    app.anonymous().get("/api/categories/secret").await.expect(404, "not-found");
    for films in [json!([films[0], films[0]]), json!([late])] {
        let request = axum::http::Request::put(format!("/api/admin/categories/{late}/films"));
        let request = request.header(header::IF_MATCH, "\"2\"");
        app.editor().send_json(request, &json!({ "films": films })).await.expect(409, "conflict");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_is_visible_to_callers_who_see_one_of_their_films_listed(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let person = add(&app, "cast", json!({ "names": { "en": "Noy" }, "slug": "former" })).await;
    let known = add(&app, "cast", json!({ "names": { "en": "Keo" } })).await;
    let credit = |id: &str| json!([{ "person_id": id, "role": "director" }]);
    create_public_film(&app, "Known", json!({ "credits": credit(&known) })).await;
    let film = create_public_film(&app, "Unannounced", json!({ "credits": credit(&person) })).await;
    let admin_path = format!("/api/admin/cast/{person}");
    change(&app, &admin_path, json!({ "slug": "noy" })).await.ok();
    let names = async |list: Answer| {
        let list = list.ok();
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| person["names"]["en"].clone())
            .collect::<Vec<_>>()
    };
    for (visibility, strangers, members) in [
        ("public", true, true),
        ("members", false, true),
        ("draft", false, false),
        ("unlisted", false, false),
    ] {
        change(&app, &format!("/api/admin/films/{film}"), json!({ "visibility": visibility })).await.ok();
        for (caller, sees) in [(app.anonymous(), strangers), (app.viewer(), members), (app.editor(), members)]
        {
            let listed = names(caller.get("/api/cast").await).await;
            assert_eq!(listed.contains(&json!("Noy")), sees, "{visibility} {listed:?}");
            assert!(listed.contains(&json!("Keo")));
            for (path, status) in [(format!("/api/cast/{person}"), 200), ("/api/cast/former".to_owned(), 308)]
            {
                let answer = caller.get(&path).await;
                assert_eq!(answer.status, if sees { status } else { 404 }, "{visibility} {path}");
            }
        }
        // The list for editors has every person.
        app.editor().get(&admin_path).await.ok();
        assert_eq!(names(app.editor().get("/api/admin/cast").await).await, ["Keo", "Noy"]);
    }
}
