//! tus 1.0, header by header.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use db::film_file::FileState;
use sha2::Digest;
use sqlx::PgPool;

use crate::client::{
    create, creation, file_of, head, header, metadata, patch, pattern, refusal, request, sha256,
};
use crate::site::Site;

#[sqlx::test(migrations = "../migrations")]
async fn options_describes_the_server(pool: PgPool) {
    let site = Site::start_with(pool, |config| config.max_size_bytes = 12_345).await;
    for path in ["", "/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f"] {
        let answer = request(&site, "OPTIONS", path).send().await.unwrap();
        assert_eq!(answer.status(), 204);
        for (name, value) in [
            ("tus-resumable", "1.0.0"),
            ("tus-version", "1.0.0"),
            ("tus-extension", "creation,creation-with-upload,termination,checksum,expiration"),
            ("tus-max-size", "12345"),
            ("tus-checksum-algorithm", "sha1,sha256"),
        ] {
            assert_eq!(header(&answer, name), value, "{name}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_sent_in_parts_is_stored_whole(pool: PgPool) {
    let site = Site::start(pool).await;
    let bytes = pattern(1_000_003);
    let answer = creation(&site, bytes.len() as u64).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(header(&answer, "upload-expires").ends_with(" GMT"));
    let file = file_of(&answer);

    let mut offset = 0;
    for end in [1, 1, 65_536, 1_000_003] {
        let state = head(&site, file).await;
        assert_eq!(state.status(), 200);
        assert_eq!(header(&state, "cache-control"), "no-store");
        assert_eq!(header(&state, "upload-offset"), offset.to_string());
        assert_eq!(header(&state, "upload-length"), "1000003");
        assert_eq!(header(&state, "upload-metadata"), metadata(&site, "film.mov"));
        assert_eq!(header(&state, "nang-upload-state"), "uploading");
        let answer = patch(&site, file, offset as u64, &bytes[offset..end]).send().await.unwrap();
        assert_eq!(answer.status(), 204);
        assert_eq!(header(&answer, "upload-offset"), end.to_string());
        assert_eq!(header(&answer, "upload-expires").is_empty(), end == bytes.len());
        offset = end;
    }
    let state = head(&site, file).await;
    assert_eq!(
        (header(&state, "upload-offset"), header(&state, "nang-upload-state")),
        ("1000003", "uploaded")
    );
    let row = site.row(file).await;
    assert_eq!((row.state, row.sha256.unwrap()), (FileState::Uploaded, sha256(&bytes)));
    assert_eq!(site.master(file).await.unwrap(), bytes);
}

#[sqlx::test(migrations = "../migrations")]
async fn bytes_may_be_sent_with_the_creation(pool: PgPool) {
    let site = Site::start(pool).await;
    let bytes = pattern(100_000);
    for sent in [0, 40_000, 100_000] {
        let answer = creation(&site, 100_000)
            .header("Content-Type", "application/offset+octet-stream")
            .body(bytes[..sent].to_vec())
            .send()
            .await
            .unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "upload-offset")), (201, &*sent.to_string()));
        let file = file_of(&answer);
        let answer = patch(&site, file, sent as u64, &bytes[sent..]).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "upload-offset")), (204, "100000"));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn no_bytes_count_before_their_checksum_matches(pool: PgPool) {
    let site = Site::start(pool).await;
    let bytes = pattern(300_000);
    let file = create(&site, 300_000).await;
    let sha1 = BASE64_STANDARD.encode(sha1::Sha1::digest(&bytes[..200_000]));
    let sha256_rest = BASE64_STANDARD.encode(sha2::Sha256::digest(&bytes[200_000..]));

    let wrong = patch(&site, file, 0, &bytes[1..200_001]).header("Upload-Checksum", format!("sha1 {sha1}"));
    let (status, detail) = refusal(wrong.send().await.unwrap()).await;
    assert_eq!(status, 460);
    assert!(detail.contains("checksum"), "{detail}");
    assert_eq!(header(&head(&site, file).await, "upload-offset"), "0");
    let stored = site.folder().join(format!(".nang/uploads/{file}"));
    assert_eq!(std::fs::metadata(&stored).unwrap().len(), 0, "rolled back");

    let good = patch(&site, file, 0, &bytes[..200_000]).header("Upload-Checksum", format!("sha1 {sha1}"));
    assert_eq!(good.send().await.unwrap().status(), 204);
    let wrong = patch(&site, file, 200_000, &vec![0; 100_000])
        .header("Upload-Checksum", format!("sha256 {sha256_rest}"));
    assert_eq!(wrong.send().await.unwrap().status(), 460);
    assert_eq!(std::fs::metadata(&stored).unwrap().len(), 200_000, "rolled back");
    let good = patch(&site, file, 200_000, &bytes[200_000..])
        .header("Upload-Checksum", format!("sha256 {sha256_rest}"));
    assert_eq!(good.send().await.unwrap().status(), 204);
    assert_eq!(site.row(file).await.sha256.unwrap(), sha256(&bytes));

    let file = create(&site, 10).await;
    for (checksum, says) in [
        ("md5 AAAA", "sha1 and sha256"),
        ("sha1", "not an algorithm"),
        ("sha1 !", "not base64"),
        ("sha256 AAAA", "wrong length"),
    ] {
        let request = patch(&site, file, 0, &[0; 10]).header("Upload-Checksum", checksum);
        let (status, detail) = refusal(request.send().await.unwrap()).await;
        assert!(status == 400 && detail.contains(says), "{checksum}: {status} {detail}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_upload_is_gone(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    patch(&site, file, 0, &[1; 50]).send().await.unwrap();
    let answer = request(&site, "DELETE", &format!("/{file}")).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert!(site.storage.list_uploads().await.unwrap().is_empty());
    assert_eq!(head(&site, file).await.status(), 404);
    assert_eq!(patch(&site, file, 50, &[1; 50]).send().await.unwrap().status(), 404);

    let file = create(&site, 10).await;
    patch(&site, file, 0, &[1; 10]).send().await.unwrap();
    let answer = request(&site, "DELETE", &format!("/{file}")).send().await.unwrap();
    let (status, detail) = refusal(answer).await;
    assert!(status == 409 && detail.contains("belongs to the film"), "{status} {detail}");
    assert!(site.master(file).await.is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_requests_are_refused_with_the_right_status(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    patch(&site, file, 0, &[1; 20]).send().await.unwrap();
    let one = format!("/{file}");
    let bytes = || {
        request(&site, "PATCH", &one).header("Content-Type", "application/offset+octet-stream").body("12345")
    };
    let post = || request(&site, "POST", "").header("Upload-Metadata", metadata(&site, "film.mov"));
    for (what, request, status, says) in [
        ("GET of an upload", request(&site, "GET", &one), 405, "method"),
        ("PUT of all uploads", request(&site, "PUT", ""), 405, "method"),
        (
            "another method with another version",
            request(&site, "TRACE", &one).header("Tus-Resumable", "x"),
            405,
            "method",
        ),
        ("no offset", bytes(), 400, "upload-offset is missing"),
        ("a negative offset", bytes().header("Upload-Offset", -1), 400, "not a whole number"),
        ("an earlier offset", bytes().header("Upload-Offset", 10), 409, "20 bytes of this upload are stored"),
        ("a later offset", bytes().header("Upload-Offset", 30), 409, "20 bytes"),
        (
            "another content type",
            request(&site, "PATCH", &one).header("Upload-Offset", 20).body("12"),
            415,
            "octet-stream",
        ),
        ("too many bytes", patch(&site, file, 20, &[0; 81]), 413, "more bytes than the 100"),
        ("no length", post(), 400, "upload-length is missing"),
        ("a deferred length", post().header("Upload-Defer-Length", 1), 400, "upload-defer-length"),
        (
            "a partial upload",
            post().header("Upload-Length", 5).header("Upload-Concat", "partial"),
            400,
            "upload-concat",
        ),
        ("not a number", post().header("Upload-Length", "5 MB"), 400, "not a whole number"),
        ("an empty file", post().header("Upload-Length", 0), 400, "empty"),
        ("no metadata", request(&site, "POST", "").header("Upload-Length", 5), 400, "upload-metadata"),
    ] {
        let answer = request.send().await.unwrap();
        if status == 409 {
            assert_eq!(header(&answer, "upload-offset"), "20");
        }
        let (got, detail) = refusal(answer).await;
        assert!(got == status && detail.to_lowercase().contains(says), "{what}: {got} {detail}");
    }
    for absent in ["/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f", "/..%2f..%2fetc%2fpasswd", "/x"] {
        for method in ["PATCH", "DELETE", "HEAD"] {
            let request = request(&site, method, absent)
                .header("Upload-Offset", 0)
                .header("Content-Type", "application/offset+octet-stream");
            assert_eq!(request.send().await.unwrap().status(), 404, "{method} {absent}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn another_version_of_tus_is_refused(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    for version in [None, Some("0.2.2")] {
        for (method, path) in
            [("POST", String::new()), ("HEAD", format!("/{file}")), ("DELETE", format!("/{file}"))]
        {
            let mut request = request(&site, method, &path).build().unwrap();
            request.headers_mut().remove("tus-resumable");
            if let Some(version) = version {
                request.headers_mut().insert("tus-resumable", version.parse().unwrap());
            }
            let answer =
                reqwest::Client::builder().no_proxy().build().unwrap().execute(request).await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), header(&answer, "tus-version")),
                (412, "1.0.0"),
                "{method}"
            );
        }
    }
    assert_eq!(head(&site, file).await.status(), 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_method_may_be_in_a_header(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let answer = request(&site, "POST", &format!("/{file}"))
        .header("X-HTTP-Method-Override", "PATCH")
        .header("Upload-Offset", 0)
        .header("Content-Type", "application/offset+octet-stream")
        .body(vec![0; 100])
        .send()
        .await
        .unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "upload-offset")), (204, "100"));
}

#[sqlx::test(migrations = "../migrations")]
async fn names_are_shown_but_never_used_as_paths(pool: PgPool) {
    let site = Site::start(pool).await;
    for (given, shown) in [
        ("ໜັງ \"ລາວ\".mov", "ໜັງ \"ລາວ\".mov"),
        ("two\r\nlines'; DROP TABLE films; --.mov", "twolines'; DROP TABLE films; --.mov"),
        ("../../../etc/cron.d/evil", "evil"),
    ] {
        let answer = request(&site, "POST", "")
            .header("Upload-Length", given.len())
            .header("Upload-Metadata", metadata(&site, given))
            .send()
            .await
            .unwrap();
        let file = file_of(&answer);
        patch(&site, file, 0, given.as_bytes()).send().await.unwrap();
        assert_eq!(site.row(file).await.name, shown);
        assert_eq!(site.master(file).await.unwrap(), given.as_bytes());
        assert_eq!(header(&head(&site, file).await, "upload-metadata"), metadata(&site, shown));
    }
    let names: Vec<_> =
        std::fs::read_dir(site.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "masters and .nang: {names:?}");
}
