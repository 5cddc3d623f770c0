//! Subtitles in a master and beside it, from the command line to the player.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::support::Site;

const LAO: &str = "1\n00:00:01,000 --> 00:00:03,000\nສະບາຍດີ <i>ໂລກ</i>\nA & B\n";
const ENGLISH: &str = "1\n00:00:01,000 --> 00:00:03,000\n{\\an8}Hello --> world\n";
const SIGNS: &str = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n\
                     Format: Name, Fontname, Fontsize, Bold, Italic, Underline, Alignment\n\
                     Style: Default,Arial,20,0,0,0,2\nStyle: Thought,Arial,20,0,-1,0,2\n\n[Events]\n\
                     Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
                     Dialogue: 0,0:00:02.00,0:00:04.00,Thought,,0,0,0,,Pakse, 2 km\\Nleft\n";
const HEADER: &str = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n";

/// A Blu-ray subtitle file with one empty presentation.
fn pgs() -> Vec<u8> {
    let segment = |kind: u8, payload: &[u8]| {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        [b"PG\0\x01\x5f\x90\0\0\0\0".as_slice(), &[kind], &length, payload].concat()
    };
    [segment(0x16, &[0x07, 0x80, 0x04, 0x38, 0x10, 0, 0, 0x80, 0, 0, 0]), segment(0x80, &[])].concat()
}

/// A master of 5 s with two SRT tracks, an ASS track and an image track.
fn master(folder: &Path) -> String {
    for (name, text) in [("lao.srt", LAO), ("english.srt", ENGLISH), ("signs.ass", SIGNS)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    std::fs::write(folder.join("images.sup"), pgs()).unwrap();
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../media/bbb_720p25_5s.mp4");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y", "-i"])
        .arg(clip)
        .args(["-i", "lao.srt", "-i", "english.srt", "-i", "signs.ass", "-f", "sup", "-i", "images.sup"])
        .args(["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "4", "-c", "copy"])
        .args(["-metadata:s:s:0", "language=lao", "-disposition:s:0", "default"])
        .args(["-metadata:s:s:1", "language=eng", "-disposition:s:1", "hearing_impaired"])
        .args([
            "-metadata:s:s:2",
            "language=eng",
            "-metadata:s:s:2",
            "title=Signs",
            "-disposition:s:2",
            "forced",
        ])
        .args(["-metadata:s:s:3", "language=fre", "film.mkv"])
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success());
    folder.join("film.mkv").to_str().unwrap().to_owned()
}

fn output(output: &std::process::Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn subtitles_of_a_master_are_taken_over_and_can_be_corrected() {
    let site = Site::start(1).await;
    let master = master(site.path());
    let import = site.run(&["import", &master, "--title", "Words", "--profile", "fast", "--publish"]).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    let admin = site.log_in().await;
    let film = site.film(&admin, "Words").await.unwrap();
    let id = film["id"].as_str().unwrap();

    // What became of each stream is named.
    let unused = &film["files"][0]["unused"];
    assert_eq!(unused.as_array().unwrap().len(), 1, "{unused:#}");
    let named = json!({"stream_index": 5, "kind": "subtitle", "codec": "hdmv_pgs_subtitle", "language": "fre",
                       "title": null, "why": "bitmap_subtitles"});
    assert_eq!(unused[0], named);
    assert_eq!(film["builds"][0]["subtitle_notes"], json!([]), "{film:#}");
    let renditions = film["builds"][0]["renditions"].as_array().unwrap();
    let names = |kind: &str| {
        let own = renditions.iter().filter(|rendition| rendition["kind"] == kind);
        own.map(|rendition| rendition["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names("subtitle"), ["s1", "s2", "s3"]);

    let stream = site.play(id).await;
    assert_eq!(
        stream.cues("ລາວ").await,
        format!("{HEADER}00:00:01.000 --> 00:00:03.000\nສະບາຍດີ <i>ໂລກ</i>\nA &amp; B\n")
    );
    assert_eq!(
        stream.cues("English").await,
        format!("{HEADER}00:00:01.000 --> 00:00:03.000 line:0\nHello --&gt; world\n")
    );
    assert_eq!(
        stream.cues("English – Signs").await,
        format!("{HEADER}00:00:02.000 --> 00:00:04.000\n<i>Pakse, 2 km\nleft</i>\n")
    );
    let main = stream.main().await;
    let line = |name: &str| main.lines().find(|line| line.contains(&format!("NAME=\"{name}\""))).unwrap();
    assert!(line("ລາວ").contains("DEFAULT=YES") && line("ລາວ").contains("FORCED=NO"), "{main}");
    assert!(line("English – Signs").contains("FORCED=YES"), "{main}");
    assert!(line("English").contains("public.accessibility.transcribes-spoken-dialog"), "{main}");
    stream.read_everything().await;

    correct_and_encode_again(&site, &admin, id).await;
}

/// Corrects a cue of the Lao track and encodes the film again: the corrected track stays, once.
async fn correct_and_encode_again(site: &Site, admin: &str, id: &str) {
    let tracks = format!("/api/admin/films/{id}/tracks");
    let list = site.get(admin, &tracks).await.unwrap();
    let lao = &list["subtitle_tracks"][0];
    assert_eq!((&lao["language"], &lao["is_from_master"]), (&json!("lo"), &json!(true)), "{list:#}");
    let track = lao["id"].as_str().unwrap();
    let cue = json!({"build_id": lao["build_id"], "start_ms": 1000, "end_ms": 3500, "text": "ສະບາຍດີ"});
    let (status, answer) = site.send_json(admin, "PUT", &format!("{tracks}/{track}/cues/0"), &cue).await;
    assert_eq!(status, 200, "{answer:#}");
    let corrected = format!("{HEADER}00:00:01.000 --> 00:00:03.500\nສະບາຍດີ\n");
    assert_eq!(site.play(id).await.cues("ລາວ").await, corrected);

    let film = site.film(admin, "Words").await.unwrap();
    let (file, before) = (film["files"][0]["id"].as_str().unwrap(), film["build_id"].clone());
    let (status, answer) = site.post(admin, &format!("/api/admin/files/{file}/encode"), &Value::Null).await;
    assert_eq!(status, 202, "{answer:#}");
    crate::support::eventually("the second build", std::time::Duration::from_mins(5), async || {
        let film = site.film(admin, "Words").await?;
        (film["status"] == "ready" && film["build_id"] != before).then_some(())
    })
    .await;
    let list = site.get(admin, &tracks).await.unwrap();
    let tracks: Vec<_> =
        list["subtitle_tracks"].as_array().unwrap().iter().map(|track| &track["label"]).collect();
    assert_eq!(tracks.len(), 3, "{list:#}");
    assert_eq!(site.play(id).await.cues("ລາວ").await, corrected);
}

#[tokio::test]
async fn import_adds_subtitle_files_and_refuses_bad_ones_before_the_upload() {
    let site = Site::start(1).await;
    let film = crate::support::master(site.path(), 5);
    let film = film.to_str().unwrap();
    std::fs::write(site.path().join("lao.srt"), LAO).unwrap();
    std::fs::write(site.path().join("wrong.srt"), "1\n00:00:05,000 --> 00:00:02,000\nx\n\n2\nno times\n")
        .unwrap();
    let late = "1\n00:10:00,000 --> 00:10:02,000\nafter the film\n";
    std::fs::write(site.path().join("late.srt"), late).unwrap();
    let admin = site.log_in().await;
    let import = async |subtitles: &[&str]| {
        let mut arguments = vec!["import", film, "--title", "Files", "--profile", "fast", "--publish"];
        for subtitle in subtitles {
            arguments.extend(["--subtitle", subtitle]);
        }
        site.run(&arguments).await
    };
    let refused = import(&["lo=lao.srt", "en=wrong.srt"]).await;
    let (out, error) = output(&refused);
    assert_eq!((refused.status.code(), out.as_str()), (Some(1), ""), "{error}");
    assert!(error.contains("wrong.srt cannot be used: line 2: the cue ends before it starts"), "{error}");
    assert_eq!(site.film(&admin, "Files").await, None);

    // The server knows how long the film is. The film and the first file are not sent again.
    let refused = import(&["lo=lao.srt", "en=late.srt"]).await;
    let (_, error) = output(&refused);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(
        error.contains("late.srt was not added: ") && error.contains("no cue within the film"),
        "{error}"
    );
    std::fs::write(site.path().join("late.srt"), ENGLISH).unwrap();
    let done = import(&["lo=lao.srt", "en=late.srt"]).await;
    let (out, error) = output(&done);
    assert!(done.status.success() && error.contains("Added late.srt (English)"), "{error}");
    assert!(!error.contains("lao.srt"), "{error}");
    let state = site.film(&admin, "Files").await.unwrap();
    assert_eq!(out.trim().rsplit('/').next(), state["id"].as_str());
    assert_eq!(state["files"].as_array().unwrap().len(), 1, "{state:#}");
    let stream = site.play(state["id"].as_str().unwrap()).await;
    assert!(stream.cues("ລາວ").await.contains("ສະບາຍດີ <i>ໂລກ</i>\nA &amp; B\n"));
    assert!(stream.cues("English").await.contains("Hello --&gt; world"));
    let main = stream.main().await;
    assert_eq!(main.matches("TYPE=SUBTITLES").count(), 2, "{main}");

    // Subtitles for a film that is already there.
    let id = state["id"].as_str().unwrap();
    let added = site.run(&["import", "--film", id, "--subtitle", "fr=lao.srt"]).await;
    assert!(added.status.success(), "{added:?}");
    assert!(site.play(id).await.cues("Français").await.contains("ສະບາຍດີ"));
    let absent = uuid_like(id);
    let added = site.run(&["import", "--film", &absent, "--subtitle", "fr=lao.srt"]).await;
    let (_, error) = output(&added);
    assert_eq!(added.status.code(), Some(1), "{error}");
    assert!(error.contains("lao.srt was not added: "), "{error}");
}

/// Another id of the same form.
fn uuid_like(id: &str) -> String {
    let last = if id.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &id[..id.len() - 1])
}

#[tokio::test]
async fn a_folder_has_the_subtitles_of_the_master_and_of_files() {
    let site = Site::unstarted();
    let master = master(site.path());
    let out = site.path().join("out");
    let encode = async |subtitle: &str| {
        let folder = out.to_str().unwrap();
        site.run(&["encode", &master, "--out", folder, "--profile", "fast", "--subtitle", subtitle]).await
    };
    let refused = encode("lo=film.mkv").await;
    let (_, error) = output(&refused);
    assert!(!refused.status.success() && error.contains("film.mkv cannot be used: the file"), "{error}");
    assert!(!out.exists());
    let done = encode("fr=english.srt").await;
    let (summary, error) = output(&done);
    assert!(done.status.success(), "{error}");
    assert_eq!(summary.lines().filter(|line| line.contains(" subtitles ")).count(), 4, "{summary}");

    let read = |path: &str| std::fs::read_to_string(out.join(path)).unwrap();
    let main = read("main.m3u8");
    let uris: Vec<_> = main
        .lines()
        .filter(|line| line.contains("TYPE=SUBTITLES"))
        .map(|line| line.rsplit_once("URI=\"").unwrap().1.trim_end_matches('"'))
        .collect();
    assert_eq!(
        uris,
        ["s1/index.m3u8", "s2/index.m3u8", "s3/index.m3u8", "subtitles-1/s1/index.m3u8"],
        "{main}"
    );
    let cues = format!("{HEADER}00:00:01.000 --> 00:00:03.000 line:0\nHello --&gt; world\n");
    assert_eq!([read("s2/00001.vtt"), read("subtitles-1/s1/00001.vtt")], [cues.clone(), cues]);
    let manifest: Value = serde_json::from_str(&read("manifest.json")).unwrap();
    for (path, object) in manifest["objects"].as_object().unwrap() {
        assert_eq!(std::fs::metadata(out.join(path)).unwrap().len(), object["size_bytes"], "{path}");
    }

    let probe = site.run(&["probe", &master]).await;
    let (table, error) = output(&probe);
    assert!(
        table.contains("Not used   stream 5, subtitles hdmv_pgs_subtitle, fre: these subtitles are images;"),
        "{table}\n{error}"
    );
    assert!(table.contains("WebVTT from SubRip, ລາວ, default"), "{table}");
    let json = site.run(&["probe", &master, "--json"]).await;
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["unused"][0]["why"], "bitmap_subtitles", "{report:#}");
}
