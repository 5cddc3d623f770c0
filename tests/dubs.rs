//! Dubs of a published film: every kind of file, in time with the film; refusals; and what does not change.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use crate::support::{Site, Stream, beep_starts, beeps, eventually, has_extension, master};

const LIMIT: Duration = Duration::from_mins(3);
const FILM_SECONDS: u32 = 10;
/// The largest error of a dub's time.
const TOLERANCE_S: f64 = 0.02;

struct Published {
    site: Site,
    admin: String,
    film: String,
}

impl Published {
    async fn new() -> Self {
        let site = Site::start(1).await;
        let film = master(site.path(), FILM_SECONDS - 1);
        let import = ["import", film.to_str().unwrap(), "--title", "Dubs", "--profile", "fast", "--publish"];
        let import = site.run(&import).await;
        assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
        let admin = site.log_in().await;
        let film = site.film(&admin, "Dubs").await.unwrap()["id"].as_str().unwrap().to_owned();
        Self { site, admin, film }
    }

    /// Uploads a file in one request. Returns the status and the body.
    async fn upload(&self, file: &Path, metadata: &[(&str, &str)]) -> (u16, String) {
        let creation =
            self.creation(file, metadata).header("content-type", "application/offset+octet-stream");
        let answer = creation.body(std::fs::read(file).unwrap()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Creates an upload and sends no bytes.
    async fn begin(&self, file: &Path, metadata: &[(&str, &str)]) {
        let answer = self.creation(file, metadata).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    /// A request that creates an upload of the file.
    fn creation(&self, file: &Path, metadata: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let name = file.file_name().unwrap().to_str().unwrap();
        let pairs =
            [("filename", name), ("film_id", self.film.as_str())].into_iter().chain(metadata.iter().copied());
        let pairs: Vec<String> =
            pairs.map(|(key, value)| format!("{key} {}", BASE64_STANDARD.encode(value))).collect();
        reqwest::Client::new()
            .post(self.site.url("/api/admin/uploads"))
            .bearer_auth(&self.admin)
            .header("tus-resumable", "1.0.0")
            .header("upload-length", std::fs::metadata(file).unwrap().len())
            .header("upload-metadata", pairs.join(","))
    }

    /// Uploads a dub for a new track.
    async fn add(&self, file: &Path, label: &str, shift_ms: i64) {
        let shift = shift_ms.to_string();
        let metadata =
            [("purpose", "dub"), ("language", "lo"), ("label", label), ("shift_ms", shift.as_str())];
        let (status, body) = self.upload(file, &metadata).await;
        assert_eq!(status, 201, "{body}");
    }

    async fn tracks(&self) -> Value {
        self.site.get(&self.admin, &format!("/api/admin/films/{}/tracks", self.film)).await.unwrap()
    }

    /// Waits until no dub is being made, and returns the tracks.
    async fn settled(&self) -> Value {
        eventually("the dubs", LIMIT, async || {
            let tracks = self.tracks().await;
            let unfinished = tracks["unfinished_dubs"].as_array().unwrap();
            unfinished.iter().all(|dub| dub["state"] == "failed").then_some(tracks)
        })
        .await
    }

    async fn delete(&self, path: &str, expected: u16) -> Value {
        let path = format!("/api/admin/films/{}{path}", self.film);
        let (status, answer) = self.site.send(&self.admin, "DELETE", &path, Vec::new()).await;
        assert_eq!(status, expected, "{answer:#}");
        answer
    }

    async fn play(&self) -> Stream {
        self.site.play(&self.film).await
    }

    /// Converts a file with the ffmpeg command line.
    fn convert(&self, from: &Path, to: &str, options: &[&str]) -> PathBuf {
        let file = self.site.path().join(to);
        let status = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-y", "-i"])
            .arg(from)
            .args(options)
            .arg(&file)
            .status()
            .unwrap();
        assert!(status.success());
        file
    }
}

fn labels(tracks: &Value) -> Vec<&str> {
    tracks["audio_tracks"].as_array().unwrap().iter().map(|track| track["label"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_dub_from_any_kind_of_file_is_in_time_with_the_film() {
    let published = Published::new().await;
    let wav = beeps(published.site.path(), FILM_SECONDS);
    let video =
        ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-shortest", "-map", "0:a", "-map", "1:v"];
    let film =
        [&video[..], &["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac", "-output_ts_offset", "2"]]
            .concat();
    let surround = ["-af", "pan=5.1|FL=c0|FR=c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0"];
    let files = [
        ("WAV", wav.clone(), 0),
        ("WAV later", wav.clone(), 250),
        ("WAV earlier", wav.clone(), -400),
        ("FLAC", published.convert(&wav, "beeps.flac", &[]), 0),
        ("AAC", published.convert(&wav, "beeps.m4a", &["-c:a", "aac"]), 0),
        ("MP3", published.convert(&wav, "beeps.mp3", &[]), 0),
        ("AC-3", published.convert(&wav, "beeps.ac3", &[]), 0),
        ("stream", published.convert(&wav, "beeps.ts", &["-c:a", "ac3"]), 0),
        ("film", published.convert(&wav, "film.mkv", &film), 0),
        ("film later", published.site.path().join("film.mkv"), 130),
        ("surround", published.convert(&wav, "surround.wav", &surround), 0),
    ];
    for (label, file, shift_ms) in &files {
        published.add(file, label, *shift_ms).await;
    }
    let tracks = published.settled().await;
    assert_eq!(tracks["unfinished_dubs"], json!([]), "{tracks:#}");
    let playing = published.play().await;
    for (label, file, shift_ms) in &files {
        let heard = beep_starts(playing.audio(label).await.as_str());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
        let shift_s = *shift_ms as f64 / 1000.0;
        let wanted: Vec<f64> = (0..FILM_SECONDS)
            .map(|second| f64::from(second) + shift_s)
            .filter(|at| (0.0..f64::from(FILM_SECONDS) - 0.06).contains(at))
            .collect();
        let is_in_time = heard.len() == wanted.len()
            && heard.iter().zip(&wanted).all(|(heard, wanted)| (heard - wanted).abs() < TOLERANCE_S);
        assert!(is_in_time, "{label}: heard {heard:?} instead of {wanted:?}");
        let own = tracks["audio_tracks"].as_array().unwrap().iter().find(|track| track["label"] == **label);
        let name = file.file_name().unwrap().to_str().unwrap();
        let note = "The file's only audio track is used";
        let dub = &own.unwrap()["dub"];
        assert!(dub["name"] == name && dub["note"].as_str().unwrap().starts_with(note), "{dub}");
        assert_eq!(dub["warning"], json!(null));
    }
    let main = playing.main().await;
    let six = main.lines().filter(|line| line.contains("CHANNELS=\"6\"")).collect::<Vec<_>>();
    assert!(six.iter().any(|line| line.contains("NAME=\"surround\"")), "{main}");
}

#[tokio::test]
async fn a_dub_disturbs_no_viewer_and_writes_no_video() {
    let published = Published::new().await;
    let watching = published.play().await;
    let watched = watching.read_everything().await;
    let before = published.tracks().await;
    let video = |paths: &std::collections::BTreeSet<String>| -> Vec<String> {
        paths.iter().filter(|path| path.contains("/v") && has_extension(path, "m4s")).cloned().collect()
    };

    let half = beeps(published.site.path(), FILM_SECONDS / 2);
    published.add(&half, "ພາກລາວ", 0).await;
    let refused = published.settled().await;
    let dub = &refused["unfinished_dubs"][0];
    let failure = dub["failure"].as_str().unwrap();
    let lengths = "The dub lasts 00:00:05, and the film 00:00:10: the dub ends ";
    assert!(failure.starts_with(lengths) && failure.contains("at most 2 s are accepted"), "{failure}");
    let film = published.site.film(&published.admin, "Dubs").await.unwrap();
    assert_eq!((&film["status"], &film["failure"]), (&json!("ready"), &json!(null)));
    assert_eq!(labels(&refused), labels(&before));

    // Another file for the same track. Its length is right with the shift.
    let track = dub["track_id"].as_str().unwrap();
    let metadata = [("purpose", "dub"), ("track_id", track), ("shift_ms", "5000")];
    let (status, body) = published.upload(&half, &metadata).await;
    assert_eq!(status, 201, "{body}");
    let after = published.settled().await;
    assert_eq!(after["unfinished_dubs"], json!([]), "{after:#}");
    assert_eq!(after["audio_tracks"][1]["id"], track);
    assert_eq!(labels(&after)[1], "ພາກລາວ");
    let heard = beep_starts(published.play().await.audio("ພາກລາວ").await.as_str());
    assert!((heard[0] - 5.0).abs() < TOLERANCE_S, "{heard:?}");

    // Viewers who began before keep what they have; new viewers get the same video.
    assert_eq!(watching.read_everything().await, watched);
    let now = published.play().await.read_everything().await;
    assert_eq!(video(&now), video(&watched));

    // Removing the track gives up another file for it; an earlier version has the track.
    published.begin(&half, &metadata).await;
    let removed = published.delete(&format!("/tracks/{track}"), 200).await;
    assert_eq!((labels(&removed), &removed["unfinished_dubs"]), (labels(&before), &json!([])));
    let list = format!("/api/admin/films/{}/presentations", published.film);
    let show = async |index_from_last: usize| {
        let presentations = published.site.get(&published.admin, &list).await.unwrap();
        let items = presentations["items"].as_array().unwrap();
        let id = items[items.len() - 1 - index_from_last]["id"].as_str().unwrap();
        let path = format!("{list}/{id}/show");
        let (status, shown) = published.site.send(&published.admin, "POST", &path, Vec::new()).await;
        assert_eq!(status, 200, "{shown:#}");
    };
    show(1).await;

    // Another file is given up, and the version from before the dub is brought back.
    published.begin(&half, &metadata).await;
    published.delete(&format!("/tracks/{track}/dub"), 200).await;
    published.delete(&format!("/tracks/{track}/dub"), 404).await;
    assert_eq!(labels(&published.tracks().await)[1], "ພາກລາວ");
    show(0).await;
    assert_eq!(labels(&published.tracks().await), labels(&before));
}

#[tokio::test]
async fn a_dub_stays_when_its_film_is_encoded_again_and_says_if_it_no_longer_fits() {
    let published = Published::new().await;
    published.add(&beeps(published.site.path(), FILM_SECONDS), "ພາກລາວ", 0).await;
    let tracks = published.settled().await;
    assert_eq!(labels(&tracks)[1], "ພາກລາວ", "{tracks:#}");

    let build = async || published.site.film(&published.admin, "Dubs").await.unwrap()["build_id"].clone();
    for (seconds, warns) in [(None, false), (Some(20), true)] {
        let before = build().await;
        if let Some(seconds) = seconds {
            let longer = master(published.site.path(), seconds);
            let (status, body) = published.upload(&longer, &[]).await;
            assert_eq!(status, 201, "{body}");
        } else {
            let film = published.site.film(&published.admin, "Dubs").await.unwrap();
            let file = film["files"][0]["id"].as_str().unwrap();
            let encode = format!("/api/admin/files/{file}/encode");
            let (status, job) = published.site.post(&published.admin, &encode, &json!({})).await;
            assert_eq!(status, 202, "{job:#}");
        }
        eventually("the film to be encoded again", LIMIT, async || (build().await != before).then_some(()))
            .await;
        let tracks = published.tracks().await;
        let dub = &tracks["audio_tracks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|track| track["label"] == "ພາກລາວ")
            .unwrap()["dub"];
        let warning = dub["warning"].as_str().unwrap_or_default();
        assert_eq!(warning.contains("when the film lasted 00:00:10"), warns, "{tracks:#}");
    }
}
