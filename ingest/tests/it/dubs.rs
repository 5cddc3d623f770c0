//! Uploads of dubs: refused at their creation, received like masters, and given up.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use db::{
    audit::Author,
    film_file::{self, FilePurpose, FileState},
    queue::{self, JobFilter, JobKind},
    workflow::{self, DubState},
};
use domain::id::FilmId;
use ingest::Sweeper;
use reqwest::RequestBuilder;
use sqlx::PgPool;

use crate::client::{file_of, head, header, patch, pattern, refusal, request};
use crate::site::{Site, new_film};

/// A request to create the upload of a dub of 1000 bytes.
fn creation(site: &Site, metadata: &[(&str, &str)]) -> RequestBuilder {
    let film = site.film.to_string();
    let pairs =
        [("filename", "dub.wav"), ("film_id", film.as_str())].into_iter().chain(metadata.iter().copied());
    let pairs: Vec<String> =
        pairs.map(|(key, value)| format!("{key} {}", BASE64_STANDARD.encode(value))).collect();
    request(site, "POST", "").header("Upload-Length", 1000).header("Upload-Metadata", pairs.join(","))
}

const LAO: &[(&str, &str)] = &[("purpose", "dub"), ("language", "lo")];

/// Makes the film show a build, as if it had been encoded.
async fn make_ready(pool: &PgPool, film: FilmId) {
    for sql in [
        "INSERT INTO film_files (id, film_id, name, size_bytes, received_bytes, state, sha256, expires_at)
         VALUES (uuid_v7(), $1, 'film.mov', 1, 1, 'uploaded', repeat('0', 64), now())",
        "INSERT INTO builds (id, film_id, file_id, profile, state, plan, parts, pending, finished_at)
         SELECT uuid_v7(), $1, id, 'default', 'ready', '{}', 1, 0, now() FROM film_files WHERE film_id = $1",
        "INSERT INTO presentations (id, film_id, number, content, build_id, duration_ms, made_by, shown_at)
         SELECT uuid_v7(), $1, 1, jsonb_build_object('version', 1, 'video', id, 'audio', '[]'::jsonb, 'subtitles', '[]'::jsonb,
                                                     'thumbnails', NULL), id, 1000, 'build.publish', now()
         FROM builds WHERE film_id = $1",
        "INSERT INTO presentation_builds (presentation_id, build_id) SELECT id, build_id FROM presentations WHERE film_id = $1",
        "UPDATE films SET status = 'ready', presentation_id = presentations.id, build_id = presentations.build_id, duration_ms = 1000
         FROM presentations WHERE presentations.film_id = films.id AND films.id = $1",
    ] {
        sqlx::query(sql).bind(film.0).execute(pool).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_that_cannot_be_used_is_refused_before_its_bytes_are_sent(pool: PgPool) {
    let mut site = Site::start(pool.clone()).await;
    let (status, detail) = refusal(creation(&site, LAO).send().await.unwrap()).await;
    assert_eq!((status, detail.contains("Add the dub once the film is ready")), (409, true), "{detail}");
    make_ready(&pool, site.film).await;
    for (metadata, expected, says) in [
        (&[("purpose", "dub")][..], 400, "a dub needs a language"),
        (&[("purpose", "poster")], 400, "neither master nor dub"),
        (&[("language", "lo")], 400, "add the purpose dub"),
        (&[("purpose", "dub"), ("language", "und")], 400, "not a BCP 47 language tag"),
        (&[("purpose", "dub"), ("language", "lo"), ("shift_ms", "2 s")], 400, "shift_ms"),
        (
            &[("purpose", "dub"), ("track_id", "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f")],
            404,
            "no dub with this track_id",
        ),
    ] {
        let (status, detail) = refusal(creation(&site, metadata).send().await.unwrap()).await;
        assert!(status == expected && detail.contains(says), "{metadata:?}: {status} {detail}");
    }
    assert!(workflow::dubs_in_the_making(&site.db, site.film).await.unwrap().is_empty());
    assert_eq!(film_file::list_by_film(&site.db, site.film).await.unwrap().len(), 1, "only the master");

    // A film has 64 audio tracks at most.
    for _ in 0..64 {
        assert_eq!(creation(&site, LAO).send().await.unwrap().status(), 201);
    }
    let (status, detail) = refusal(creation(&site, LAO).send().await.unwrap()).await;
    assert_eq!((status, detail.contains("64 audio tracks")), (409, true), "{detail}");
    site.film = new_film(&site.db).await;
    assert_eq!(creation(&site, LAO).send().await.unwrap().status(), 409);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_received_dub_is_probed_and_its_film_stays_ready(pool: PgPool) {
    let site = Site::start(pool.clone()).await;
    make_ready(&pool, site.film).await;
    let created = creation(&site, LAO).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let file = file_of(&created);
    let described = header(&head(&site, file).await, "upload-metadata").to_owned();
    assert!(described.contains(&format!("purpose {}", BASE64_STANDARD.encode("dub"))), "{described}");
    let bytes = pattern(1000);
    assert_eq!(patch(&site, file, 0, &bytes[..600]).send().await.unwrap().status(), 204);
    let finished = patch(&site, file, 600, &bytes[600..]).send().await.unwrap();
    assert_eq!(header(&finished, "nang-upload-state"), "uploaded");
    assert_eq!(site.master(file).await, Some(bytes));

    assert_eq!(site.row(file).await.purpose, FilePurpose::Dub);
    let jobs = queue::list(&site.db, JobFilter::default(), None, 10).await.unwrap();
    assert_eq!(
        jobs.iter().map(|job| (job.kind, job.file_id)).collect::<Vec<_>>(),
        [(JobKind::Probe, Some(file))]
    );
    let film = db::film::find(&site.db, site.film).await.unwrap().unwrap();
    assert_eq!(film.status, db::film::FilmStatus::Ready);
    let dubs = workflow::dubs_in_the_making(&site.db, site.film).await.unwrap();
    assert_eq!(
        dubs.iter().map(|dub| (dub.file, &dub.state)).collect::<Vec<_>>(),
        [(file, &DubState::Waiting)]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_that_is_given_up_takes_no_bytes_any_more(pool: PgPool) {
    let site = Site::start(pool.clone()).await;
    make_ready(&pool, site.film).await;
    let file = file_of(&creation(&site, LAO).send().await.unwrap());
    assert_eq!(patch(&site, file, 0, &pattern(600)).send().await.unwrap().status(), 204);
    let track = workflow::dubs_in_the_making(&site.db, site.film).await.unwrap()[0].track;

    // Another file for the same track ends the upload of the first one.
    let other = [("purpose", "dub"), ("track_id", &*track.to_string()), ("shift_ms", "5")];
    let replaced = file_of(&creation(&site, &other).send().await.unwrap());
    let (status, _) = refusal(patch(&site, file, 600, &pattern(400)).send().await.unwrap()).await;
    assert_eq!((status, site.row(file).await.state), (410, FileState::Expired));
    Sweeper::new(site.db.clone(), site.storage.clone()).sweep().await.unwrap();
    assert_eq!(site.storage.list_uploads().await.unwrap(), []);

    // The client ends the upload of the second one.
    assert_eq!(request(&site, "DELETE", &format!("/{replaced}")).send().await.unwrap().status(), 204);
    assert!(workflow::dubs_in_the_making(&site.db, site.film).await.unwrap().is_empty());
    let discarded = workflow::discard_dub(&site.db, &Author::NANG, site.film, track).await.unwrap();
    assert!(!discarded, "the track went with its only file");
}
