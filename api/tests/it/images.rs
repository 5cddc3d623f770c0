//! Images: their upload, the files derived from them, where the API shows them, and their removal from storage.

use std::io::Cursor;

use axum::http::{Request, header};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use sqlx::PgPool;
use storage::Storage;

use crate::{
    catalogue::{add, create_public_film},
    films::create,
    test_app::{Answer, TestApp},
};

const MEBIBYTES_10: usize = 10 << 20;

/// An encoded image, reddish on top and bluish below.
pub fn test_image(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels =
        RgbImage::from_fn(
            width,
            height,
            |_, y| {
                if y < height / 2 { Rgb([190, 40, 30]) } else { Rgb([30, 40, 70]) }
            },
        );
    let mut bytes = Vec::new();
    DynamicImage::from(pixels).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// A photograph as a phone stores it: rotated by its Exif orientation, and with the name of its artist in Exif.
fn photograph() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    tiff.extend(b"\x3b\x01\x02\0\x0c\0\0\0\x26\0\0\0");
    tiff.extend(b"\0\0\0\0SECRET-HOME\0");
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap();
    let jpeg = test_image(900, 600, ImageFormat::Jpeg);
    [&jpeg[..2], b"\xff\xe1", &length.to_be_bytes(), b"Exif\0\0", &tiff, &jpeg[2..]].concat()
}

async fn send(app: &TestApp, path: &str, of: &str, media_type: &str, body: Vec<u8>) -> Answer {
    let version = app.editor().get(of).await.header(header::ETAG).to_owned();
    let request =
        Request::post(path).header(header::CONTENT_TYPE, media_type).header(header::IF_MATCH, version);
    app.editor().send_body(request, body).await
}

pub async fn add_image(app: &TestApp, film: &str, kind: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("{film}/images?kind={kind}");
    send(app, &path, film, "image/jpeg", bytes).await
}

async fn fetch(app: &TestApp, image: &Value, width: &str) -> Answer {
    app.anonymous().get(&format!("/api/images/{}/{width}", image["id"].as_str().unwrap())).await
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|image| image["id"].as_str().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_photograph_is_served_upright_and_without_its_metadata(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = format!("/api/admin/films/{}", create(&app, json!({ "en": "Film" })).await);
    let added = add_image(&app, &film, "poster", photograph()).await;
    let image = added.ok();
    assert_eq!(
        (&image["kind"], &image["width"], &image["height"], &image["widths"]),
        (&json!("poster"), &json!(600), &json!(900), &json!([240, 320, 480, 600]))
    );
    // The right half of the upright image was the top of the stored one.
    let served = app.anonymous().get(added.header(header::LOCATION)).await;
    let pixels = image::load_from_memory_with_format(&served.body, ImageFormat::Jpeg).unwrap().into_rgb8();
    assert_eq!(pixels.dimensions(), (600, 900));
    assert!(pixels.get_pixel(590, 450)[0] > 150 && pixels.get_pixel(10, 450)[0] < 60);
    for width in ["240", "480", "600", "240.webp", "600.webp"] {
        let body = fetch(&app, &image, width).await.body;
        for secret in [&b"SECRET"[..], b"Exif"] {
            assert!(!body.windows(secret.len()).any(|bytes| bytes == secret), "{width}");
        }
    }
    for invalid in ["upload", "960", "0240", "+240", "240.jpg", "960.webp", "0240.webp", ".webp", ""] {
        let path = format!("/api/images/{}/{invalid}", image["id"].as_str().unwrap());
        app.anonymous().get(&path).await.expect(404, "not-found");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn images_are_served_as_immutable(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = format!("/api/admin/films/{}", create(&app, json!({ "en": "Film" })).await);
    let added = add_image(&app, &film, "backdrop", test_image(1280, 720, ImageFormat::Jpeg)).await;
    let path = added.header(header::LOCATION).to_owned();
    let served = app.anonymous().get(&path).await;
    assert_eq!(served.header(header::CONTENT_TYPE), "image/jpeg");
    assert_eq!(served.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(served.header(header::CONTENT_LENGTH), served.body.len().to_string());
    let tag = served.header(header::ETAG).to_owned();
    for (condition, status) in [
        (tag.clone(), 304),
        (format!("\"other\", W/{tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
    ] {
        let request = Request::get(&path).header(header::IF_NONE_MATCH, &condition);
        let answer = app.anonymous().send(request).await;
        assert_eq!((answer.status.as_u16(), answer.header(header::ETAG)), (status, &*tag), "{condition}");
        assert_eq!(answer.body.is_empty(), status == 304, "{condition}");
    }
    let head = app.anonymous().send(Request::head(&path)).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header(header::CONTENT_LENGTH), served.body.len().to_string());
    // Each width has its own ETag.
    assert_ne!(app.anonymous().get(&path.replace("1280", "640")).await.header(header::ETAG), tag);
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_get_webp_and_images_without_it_stay_jpeg(pool: PgPool) {
    let mut storage = None;
    let app = TestApp::with_config(pool, |config| storage = Some(config.storage.clone())).with_editor().await;
    let storage: Storage = storage.unwrap();
    let film = format!("/api/admin/films/{}", create(&app, json!({ "en": "Film" })).await);
    let image = add_image(&app, &film, "backdrop", test_image(1280, 720, ImageFormat::Jpeg)).await.ok();
    let (jpeg, webp) = (fetch(&app, &image, "640").await, fetch(&app, &image, "640.webp").await);
    assert_eq!(webp.header(header::CONTENT_TYPE), "image/webp");
    assert!(webp.body.len() < jpeg.body.len(), "{} of {}", webp.body.len(), jpeg.body.len());
    assert_ne!(webp.header(header::ETAG), jpeg.header(header::ETAG));

    // As an image that was uploaded before Nang made WebP.
    let id = image["id"].as_str().unwrap().parse().unwrap();
    storage.delete(&domain::key::Key::image_webp(id, 640)).await.unwrap();
    let fallback = fetch(&app, &image, "640.webp").await;
    assert_eq!(fallback.header(header::CONTENT_TYPE), "image/jpeg");
    assert_eq!(fallback.body, jpeg.body);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unusable_upload_is_refused_with_the_reason(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = format!("/api/admin/films/{}", create(&app, json!({ "en": "Film" })).await);
    let path = format!("{film}/images?kind=poster");
    let good = test_image(300, 450, ImageFormat::Png);
    let version = app.editor().get(&film).await.header(header::ETAG).to_owned();
    for media_type in ["image/gif", "image/svg+xml", "text/html", "application/json"] {
        send(&app, &path, &film, media_type, good.clone()).await.expect(415, "unsupported-media-type");
    }
    send(&app, &path, &film, "image/png", vec![0; MEBIBYTES_10 + 1]).await.expect(413, "body-too-large");
    for (media_type, body, why) in [
        ("image/jpeg", good.clone(), "has the content type image/jpeg but is image/png"),
        ("image/png", good[..200].to_vec(), "cannot be decoded"),
        ("image/png", test_image(200, 300, ImageFormat::Png), "needs at least 240"),
        ("image/webp", b"<script>alert(1)</script>".to_vec(), "of an unknown type"),
        ("image/png", Vec::new(), "of an unknown type"),
    ] {
        let problem = send(&app, &path, &film, media_type, body).await.expect(422, "invalid");
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(problem["errors"][0]["field"] == "body" && detail.contains(why), "{problem}");
    }
    for kind in ["", "?kind=portrait", "?kind=poster&extra=1"] {
        let path = format!("{film}/images{kind}");
        send(&app, &path, &film, "image/png", good.clone()).await.expect(400, "invalid-query");
    }
    let stale =
        Request::post(&path).header(header::CONTENT_TYPE, "image/png").header(header::IF_MATCH, "\"7\"");
    app.editor().send_body(stale, good.clone()).await.expect(412, "stale-version");
    let unnamed = Request::post(&path).header(header::CONTENT_TYPE, "image/png");
    app.editor().send_body(unnamed, good.clone()).await.expect(428, "precondition-required");
    // The refused uploads did not change the film; a valid one does.
    assert_eq!(app.editor().get(&film).await.header(header::ETAG), version);
    let added = send(&app, &path, &film, "image/png", good).await;
    assert_eq!(added.ok()["widths"], json!([240, 300]));
    assert_eq!(added.header(header::ETAG), app.editor().get(&film).await.header(header::ETAG));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_poster_is_shown_wherever_the_film_is(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let person = add(&app, "cast", json!({ "names": { "en": "Noy" } })).await;
    let credits = json!([{ "person_id": person, "role": "director" }]);
    let film = create_public_film(&app, "Weaver", json!({ "credits": credits })).await;
    let category = add(&app, "categories", json!({ "names": { "en": "Category" } })).await;
    let (film, person, category) = (
        format!("/api/admin/films/{film}"),
        format!("/api/admin/cast/{person}"),
        format!("/api/admin/categories/{category}"),
    );
    let version = app.editor().get(&category).await.header(header::ETAG).to_owned();
    let put = Request::put(format!("{category}/films")).header(header::IF_MATCH, version);
    app.editor().send_json(put, &json!({ "films": [film.rsplit('/').next().unwrap()] })).await.ok();
    assert_eq!(app.anonymous().get("/api/films/weaver").await.ok()["poster"], Value::Null);

    let first = add_image(&app, &film, "poster", test_image(480, 720, ImageFormat::Jpeg)).await.ok();
    let second = add_image(&app, &film, "poster", test_image(240, 360, ImageFormat::Jpeg)).await.ok();
    let backdrop = add_image(&app, &film, "backdrop", test_image(640, 360, ImageFormat::Jpeg)).await.ok();
    let portrait = send(
        &app,
        &format!("{person}/images"),
        &person,
        "image/webp",
        test_image(200, 200, ImageFormat::WebP),
    )
    .await
    .ok();
    assert_eq!(portrait["kind"], "portrait");

    let page = app.anonymous().get("/api/films/weaver").await.ok();
    assert_eq!(page["images"], json!([backdrop, first, second]));
    assert_eq!(page["credits"][0]["portrait"], portrait);
    assert_eq!(app.anonymous().get("/api/cast/noy").await.ok()["portrait"], portrait);
    for (path, at) in [
        ("/api/films/weaver", ""),
        ("/api/films", "/items/0"),
        ("/api/search?q=weav", "/items/0"),
        ("/api/search/suggestions?q=weav", "/items/0/film"),
        ("/api/categories", "/items/0/films/0"),
        ("/api/categories/category", "/films/0"),
        ("/api/cast/noy", "/filmography/0/film"),
    ] {
        let answer = app.anonymous().get(path).await.ok();
        let film = answer.pointer(at).unwrap();
        assert_eq!((&film["poster"], &film["backdrop"]), (&first, &backdrop), "{path}");
    }

    // Another order shows another poster.
    let images = format!("{film}/images");
    let listed = app.editor().get(&images).await;
    let version = listed.header(header::ETAG).to_owned();
    assert_eq!(ids(&listed.ok()), ids(&json!({ "items": [backdrop, first, second] })));
    let order = json!({ "images": [second["id"], first["id"], backdrop["id"]] });
    for wrong in [json!([]), json!([second["id"]]), json!([second["id"], first["id"], first["id"]])] {
        let put = Request::put(&images).header(header::IF_MATCH, &version);
        app.editor().send_json(put, &json!({ "images": wrong })).await.expect(409, "conflict");
    }
    let put = || Request::put(&images).header(header::IF_MATCH, &version);
    let ordered = app.editor().send_json(put(), &order).await;
    assert_eq!(ids(&ordered.ok()), ids(&json!({ "items": [backdrop, second, first] })));
    app.editor().send_json(put(), &order).await.expect(412, "stale-version");
    assert_eq!(app.anonymous().get("/api/films").await.ok()["items"][0]["poster"], second);

    let log = app.editor().get("/api/admin/audit?limit=1").await.ok();
    assert_eq!(
        (&log["items"][0]["action"], &log["items"][0]["subject"]),
        (&json!("image.order"), &json!("film"))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn portraits_of_a_merged_person_move_to_the_other(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let (from, into) = (
        add(&app, "cast", json!({ "names": { "en": "Noi" } })).await,
        add(&app, "cast", json!({ "names": { "en": "Noy" } })).await,
    );
    let path = format!("/api/admin/cast/{from}");
    let portrait =
        send(&app, &format!("{path}/images"), &path, "image/png", test_image(160, 160, ImageFormat::Png))
            .await
            .ok();
    let version = app.editor().get(&path).await.header(header::ETAG).to_owned();
    let merge = Request::post(format!("{path}/merge")).header(header::IF_MATCH, version);
    app.editor().send_json(merge, &json!({ "into": into })).await.ok();
    let credits = json!([{ "person_id": into, "role": "actor" }]);
    create_public_film(&app, "Film", json!({ "credits": credits })).await;
    assert_eq!(app.anonymous().get("/api/cast/noy").await.ok()["portrait"], portrait);
}

#[sqlx::test(migrations = "../migrations")]
async fn deleted_and_unfinished_images_are_removed_from_storage(pool: PgPool) {
    let mut storage = None;
    let app = TestApp::with_config(pool, |config| storage = Some(config.storage.clone())).with_editor().await;
    let storage: Storage = storage.unwrap();
    let stored = async || storage.list("images/").await.unwrap().len();
    let film = format!("/api/admin/films/{}", create(&app, json!({ "en": "Film" })).await);
    let images = [
        add_image(&app, &film, "poster", test_image(240, 360, ImageFormat::Jpeg)).await.ok(),
        add_image(&app, &film, "still", test_image(640, 360, ImageFormat::Jpeg)).await.ok(),
    ];
    // The upload, and a JPEG and a WebP of its only width.
    assert_eq!(stored().await, 6);
    expect_image_bytes(&app, &storage).await;

    let path = format!("/api/admin/images/{}", images[0]["id"].as_str().unwrap());
    app.editor()
        .send(Request::delete(&path).header(header::IF_MATCH, "\"1\""))
        .await
        .expect(412, "stale-version");
    let version = app.editor().get(&film).await.header(header::ETAG).to_owned();
    let deleted = app.editor().send(Request::delete(&path).header(header::IF_MATCH, version)).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    let version = deleted.header(header::ETAG).to_owned();
    app.editor()
        .send(Request::delete(&path).header(header::IF_MATCH, version))
        .await
        .expect(404, "not-found");
    assert_eq!(api::image::remove_image_objects(&app.db, &storage).await.unwrap(), 1);
    assert_eq!(stored().await, 3);
    expect_image_bytes(&app, &storage).await;
    fetch(&app, &images[0], "240").await.expect(404, "not-found");

    // A server was killed while it stored an image: the objects are removed only when the removal is due.
    let lost = domain::id::ImageId(uuid::Uuid::now_v7());
    db::image::reserve(&app.db, lost).await.unwrap();
    storage.put_bytes(&domain::key::Key::image(lost, 240), "…".into()).await.unwrap();
    assert_eq!(api::image::remove_image_objects(&app.db, &storage).await.unwrap(), 0);
    sqlx::query("UPDATE image_removals SET due_at = now()").execute(&app.pool).await.unwrap();
    assert_eq!(api::image::remove_image_objects(&app.db, &storage).await.unwrap(), 1);
    assert_eq!(stored().await, 3);

    // The images of a purged film are removed too.
    sqlx::query("DELETE FROM films").execute(&app.pool).await.unwrap();
    assert_eq!(api::image::remove_image_objects(&app.db, &storage).await.unwrap(), 1);
    assert_eq!(stored().await, 0);
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM image_removals").fetch_one(&app.pool).await.unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_focal_point_is_wherever_the_image_is(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let id = create_public_film(&app, "Faces", json!({})).await;
    let film = format!("/api/admin/films/{id}");
    let image = add_image(&app, &film, "poster", test_image(300, 450, ImageFormat::Jpeg)).await.ok();
    assert_eq!(image["focus"], Value::Null);
    let path = format!("/api/admin/images/{}/focus", image["id"].as_str().unwrap());
    let set = async |focus: Value| {
        let version = app.editor().get(&film).await.header(header::ETAG).to_owned();
        let request = Request::put(&path).header(header::IF_MATCH, version);
        app.editor().send_json(request, &json!({ "focus": focus })).await
    };
    let shown = async || {
        let page = app.anonymous().get(&format!("/api/films/{id}")).await.ok();
        let listed = app.anonymous().listed_film(&id.to_string()).await;
        assert_eq!(page["poster"], listed["poster"]);
        assert_eq!(page["poster"]["focus"], page["images"][0]["focus"]);
        page["poster"]["focus"].clone()
    };
    assert_eq!(set(json!({ "x": 0.25, "y": 0.12345 })).await.status, 204);
    assert_eq!(shown().await, json!({ "x": 0.25, "y": 0.123 }));
    for invalid in [json!({ "x": -0.1, "y": 0.5 }), json!({ "x": 0.5, "y": 1.001 })] {
        set(invalid).await.expect(422, "invalid");
    }
    assert_eq!(set(json!({ "x": 1, "y": 0 })).await.status, 204);
    assert_eq!(shown().await, json!({ "x": 1.0, "y": 0.0 }));
    assert_eq!(set(Value::Null).await.status, 204);
    assert_eq!(shown().await, Value::Null);
    let stale = Request::put(&path).header(header::IF_MATCH, "\"1\"");
    app.editor().send_json(stale, &json!({ "focus": null })).await.expect(412, "stale-version");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_image_that_is_stored_too_late_gets_no_row(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "Film" })).await;
    let id = domain::id::ImageId(uuid::Uuid::now_v7());
    db::image::reserve(&app.db, id).await.unwrap();
    sqlx::query("UPDATE image_removals SET due_at = now()").execute(&app.pool).await.unwrap();
    assert_eq!(db::image::take_removals(&app.db, 10).await.unwrap(), [id]);
    // A second call does not take it again.
    assert_eq!(db::image::take_removals(&app.db, 10).await.unwrap(), []);
    let image = db::image::Image {
        id,
        kind: db::image::ImageKind::Poster,
        width: 240,
        height: 360,
        widths: vec![240],
        focus: None,
        placeholder_colour: "#102030".to_owned(),
    };
    let new = db::image::NewImage { image, media_type: "image/png", size_bytes: 1 };
    let late = db::image::add(&app.db, &db::audit::Author::NANG, db::image::Owner::Film(film), &new, 1).await;
    assert!(matches!(late, Err(db::DbError::Conflict { .. })), "{late:?}");
    assert_eq!(db::image::list(&app.db, db::image::Owner::Film(film)).await.unwrap(), []);
}

/// Checks that the API reports for the only film as many bytes of images as storage has.
async fn expect_image_bytes(app: &TestApp, storage: &Storage) {
    let stored: u64 = storage.list("images/").await.unwrap().iter().map(|(_, size_bytes)| size_bytes).sum();
    let reported = app.editor().get("/api/admin/storage").await.ok();
    assert_eq!(reported["items"][0]["images_bytes"], stored);
}
