//! Tracks that editors add to a published film, and the presentations that they make.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::{Value, json};

use crate::support::{Site, Stream, master};

/// A site with one public film, and an admin's token.
struct Published {
    site: Site,
    admin: String,
    film: String,
}

impl Published {
    async fn new() -> Self {
        let site = Site::start(1).await;
        let film = master(site.path(), 8);
        let import =
            ["import", film.to_str().unwrap(), "--title", "Tracks", "--profile", "fast", "--publish"];
        let import = site.run(&import).await;
        assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
        let admin = site.log_in().await;
        let film = site.film(&admin, "Tracks").await.unwrap()["id"].as_str().unwrap().to_owned();
        Self { site, admin, film }
    }

    /// Sends a request below the film's address. Panics unless the status is as expected.
    async fn send(&self, method: &str, path: &str, body: impl Into<Vec<u8>>, expected: u16) -> Value {
        let path = format!("/api/admin/films/{}{path}", self.film);
        let (status, answer) = self.site.send(&self.admin, method, &path, body.into()).await;
        assert_eq!(status, expected, "{method} {path}: {answer:#}");
        answer
    }

    /// Sends a JSON request below the film's address.
    async fn send_json(&self, method: &str, path: &str, body: &Value, expected: u16) -> Value {
        let path = format!("/api/admin/films/{}{path}", self.film);
        let (status, answer) = self.site.send_json(&self.admin, method, &path, body).await;
        assert_eq!(status, expected, "{method} {path}: {answer:#}");
        answer
    }

    async fn play(&self) -> Stream {
        self.site.play(&self.film).await
    }

    /// The objects with video or audio in storage, with their change times.
    fn media_objects(&self) -> BTreeMap<std::path::PathBuf, std::time::SystemTime> {
        fn visit(folder: &Path, found: &mut BTreeMap<std::path::PathBuf, std::time::SystemTime>) {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    visit(&entry.path(), found);
                } else if entry
                    .path()
                    .extension()
                    .is_some_and(|extension| extension == "m4s" || extension == "mp4")
                {
                    found.insert(entry.path(), entry.metadata().unwrap().modified().unwrap());
                }
            }
        }
        let mut found = BTreeMap::new();
        visit(&self.site.storage().join("films"), &mut found);
        found
    }
}

#[tokio::test]
async fn a_subtitle_is_added_corrected_and_taken_back_while_a_viewer_watches() {
    let published = Published::new().await;
    let watching = published.play().await;
    let watched = watching.read_everything().await;
    let media = published.media_objects();

    // A Lao SRT in UTF-16, as Windows programs save it.
    let text = "1\r\n00:00:01,000 --> 00:00:03,000\r\nສະບາຍດີ <i>ໂລກ</i>\r\n\r\n2\r\n00:00:04,000 --> 00:00:06,000\r\nA & B --> C\r\n";
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let began = std::time::Instant::now();
    let added = published.send("POST", "/tracks/subtitles?language=lao&default=true", utf16, 201).await;
    let playing = published.play().await;
    let cues = playing.cues("ລາວ").await;
    let playable = began.elapsed();
    assert!(playable < Duration::from_secs(10), "{playable:?}");
    eprintln!("a new viewer read the cues {:.2} s after the file was sent", playable.as_secs_f64());
    assert!(cues.contains("ສະບາຍດີ <i>ໂລກ</i>") && cues.contains("A &amp; B --&gt; C"), "{cues}");
    assert!(cues.contains("X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"), "{cues}");
    assert_eq!((&added["cues"], &added["warnings"]), (&json!(2), &json!([])), "{added:#}");
    let main = playing.main().await;
    assert!(main.contains("TYPE=SUBTITLES") && main.contains(",SUBTITLES=\"subtitles\""), "{main}");
    assert_eq!(playing.answer["subtitle_tracks"][0]["language"], "lo");

    // One cue is corrected.
    let track = added["track_id"].as_str().unwrap();
    let list = published.send("GET", &format!("/tracks/{track}/cues"), "", 200).await;
    assert_eq!(list["items"][0]["text"], "ສະບາຍດີ <i>ໂລກ</i>", "{list:#}");
    let corrected = json!({"build_id": list["build_id"], "start_ms": 1000, "end_ms": 3500, "text": "ສະບາຍດີ"});
    let cue = format!("/tracks/{track}/cues/0");
    let after = published.send_json("PUT", &cue, &corrected, 200).await;
    assert_ne!(after["build_id"], list["build_id"]);
    published.send_json("PUT", &cue, &corrected, 412).await;
    let corrected = published.play().await.cues("ລາວ").await;
    assert!(corrected.contains("00:00:03.500\nສະບາຍດີ\n"), "{corrected}");
    // What a viewer began to watch does not change.
    assert_eq!(playing.cues("ລາວ").await, cues);
    assert_eq!(watching.read_everything().await, watched);

    // Names, flags and order.
    let changed = json!({"label": "ລາວ (ສຳລັບຄົນຫູໜວກ)", "role": "hard_of_hearing", "default": false});
    published.send_json("PATCH", &format!("/tracks/{track}"), &changed, 200).await;
    let main = published.play().await.main().await;
    assert!(
        main.contains("ສຳລັບຄົນຫູໜວກ") && main.contains("public.accessibility.transcribes-spoken-dialog"),
        "{main}"
    );

    // The presentation before the first change is brought back, then the last.
    let list = published.send("GET", "/presentations", "", 200).await;
    let list = list["items"].as_array().unwrap();
    assert_eq!(list.len(), 4, "{list:#?}");
    for (shown, has_subtitles) in [(&list[3], false), (&list[0], true)] {
        let show = format!("/presentations/{}/show", shown["id"].as_str().unwrap());
        published.send("POST", &show, "", 200).await;
        assert_eq!(published.play().await.main().await.contains("TYPE=SUBTITLES"), has_subtitles);
    }
    published.send("DELETE", &format!("/tracks/{track}"), "", 200).await;
    assert!(!published.play().await.main().await.contains("TYPE=SUBTITLES"));

    assert_eq!(watching.read_everything().await, watched);
    assert_eq!(published.media_objects(), media, "a video or audio object was written");
}

#[tokio::test]
async fn a_subtitle_file_with_errors_is_refused_by_line_and_a_guessed_encoding_is_confirmed() {
    let published = Published::new().await;
    let path = "/tracks/subtitles?language=lo&name=film.srt";
    let wrong =
        published.send("POST", path, "1\n00:00:05,000 --> 00:00:02,000\nx\n\n2\nno times\n", 422).await;
    let fields: Vec<_> =
        wrong["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"line 2"), "{wrong:#}");

    let thai = "1\n00:00:01,000 --> 00:00:02,000\nสวัสดีชาวโลก วันนี้อากาศดีมาก\n";
    let bytes = windows_874(thai);
    let path = "/tracks/subtitles?language=th";
    let guess = published.send("POST", path, bytes.clone(), 409).await;
    assert_eq!(guess["type"], "urn:nang:problem:confirm-encoding", "{guess:#}");
    assert_eq!(guess["encoding"], "windows-874", "{guess:#}");
    assert!(guess["preview"][0].as_str().unwrap().contains("สวัสดี"), "{guess:#}");
    published.send("POST", &format!("{path}&encoding=windows-874"), bytes, 201).await;
    assert!(published.play().await.cues("ไทย").await.contains("สวัสดีชาวโลก"));

    // Nothing of the refused files is left.
    let tracks = published.send("GET", "/tracks", "", 200).await;
    assert_eq!(tracks["subtitle_tracks"].as_array().unwrap().len(), 1, "{tracks:#}");
    published.send("POST", "/tracks/subtitles?language=lo", "", 422).await;
    published.send("POST", "/tracks/subtitles", "x", 400).await;
}

#[tokio::test]
async fn a_subtitle_file_that_is_sent_again_after_a_lost_response_is_added_once() {
    let published = Published::new().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let (path, text) =
        (format!("/tracks/subtitles?language=lo&track={id}"), "1\n00:00:01,000 --> 00:00:02,000\nx\n");
    let added = published.send("POST", &path, text, 201).await;
    assert_eq!(added["track_id"], id, "{added:#}");
    let again = published.send("POST", &path, text, 409).await;
    assert_eq!(again["type"], "urn:nang:problem:already-added", "{again:#}");
    published.send("DELETE", &format!("/tracks/{id}"), "", 200).await;
    // What an editor removed does not come back either.
    published.send("POST", &path, text, 409).await;
    let tracks = published.send("GET", "/tracks", "", 200).await;
    assert_eq!(tracks["subtitle_tracks"], json!([]), "{tracks:#}");
    let replace = format!("/tracks/{id}/subtitle?track={id}");
    published.send("PUT", &replace, text, 400).await;
}

/// Thai text in windows-874, which has each Thai letter at its place in Unicode's Thai block.
fn windows_874(text: &str) -> Vec<u8> {
    let byte = |c: char| match u32::from(c) {
        ascii @ 0..=0x7f => u8::try_from(ascii).unwrap(),
        thai => u8::try_from(thai - 0x0e00 + 0xa0).unwrap(),
    };
    text.chars().map(byte).collect()
}
