//! Damaged masters, from the upload to what the film shows.

use std::{ops::Range, process::Command};

use db::{
    audit::Author,
    build::{Build, BuildState},
    film::{Film, FilmStatus},
    film_file::{self, FileState},
};
use domain::{
    build_record::BuildRecord,
    damage::{Concealed, DamageLevel},
    key::BuildObject,
};

use super::site::Site;

super::tests! {
    a_hole_of_half_a_second_is_published_and_reported,
    a_hole_of_three_seconds_waits_for_an_editor,
    audio_that_cannot_be_read_is_refused_before_the_video_is_encoded,
    video_that_cannot_be_read_is_refused,
}

/// Makes a film of 70 s, in two chunks with a key frame each second, and overwrites the packets of these streams that begin within these times, in
/// seconds.
fn master(holes: &[(&str, Range<f64>)]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let run = |program: &str, arguments: &str| {
        let output = Command::new(program).args(arguments.split(' ')).arg(&film).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(
        "ffmpeg",
        "-v error -nostdin -f lavfi -i testsrc2=s=320x180:r=25:d=70 -f lavfi -i sine=440:r=48000:d=70 -c:v libx264 -preset ultrafast \
         -g 25 -bf 0 -c:a aac -metadata:s:a:0 language=lao",
    );
    let mut bytes = std::fs::read(&film).unwrap();
    for (stream, times) in holes {
        let packets = run(
            "ffprobe",
            &format!("-v error -select_streams {stream} -show_entries packet=pts_time,size,pos -of csv=p=0"),
        );
        for packet in packets.lines() {
            // Side data of a packet is on a line of its own.
            let [time, size, at, ..] = packet.split(',').collect::<Vec<_>>()[..] else { continue };
            let (size, at): (usize, usize) = (size.parse().unwrap(), at.parse().unwrap());
            if times.contains(&time.parse().unwrap()) {
                bytes[at..at + size].fill(0xff);
            }
        }
    }
    bytes
}

/// Waits until the film's only build has ended.
async fn ended(site: &Site) -> (Film, Build) {
    site.until("the build to end", async || {
        let film = db::film::find(&site.db, site.film).await.ok()??;
        let build = db::build::list_by_film(&site.db, site.film).await.ok()?.pop()?;
        (film.status != FilmStatus::Processing && build.finished_at.is_some()).then_some((film, build))
    })
    .await
}

async fn record(site: &Site, build: &Build) -> BuildRecord {
    let key = build.root.key(&BuildObject::Record);
    let bytes = site.storage.get_bytes(&key, None).await.unwrap().unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

async fn a_hole_of_half_a_second_is_published_and_reported() {
    let bytes = master(&[("v:0", 20.5..21.0), ("a:0", 40.0..40.3)]);
    let mut records = Vec::new();
    for _ in 0..2 {
        let site = Site::start_with(bytes.clone()).await;
        let worker = site.worker();
        let (film, build) = ended(&site).await;
        assert_eq!((film.status, build.state), (FilmStatus::Ready, BuildState::Ready), "{:?}", build.failure);
        let damage = build.damage.as_ref().expect("the build has a damage");
        assert_eq!(damage.level(), DamageLevel::Slight);
        let [video, audio] = &damage.tracks[..] else { panic!("{damage:?}") };
        assert_eq!(video.track.concealed, Concealed::HeldFrames);
        let [place] = video.track.damage.places[..] else { panic!("{damage:?}") };
        assert_eq!((place.from_ms, place.duration_ms), (20_520, 480));
        assert_eq!(
            (audio.track.concealed, audio.language.as_deref()),
            (Concealed::LostAudio { track: 1 }, Some("lo"))
        );
        let [place] = audio.track.damage.places[..] else { panic!("{damage:?}") };
        assert!(place.from_ms.abs_diff(40_000) < 50 && place.duration_ms.abs_diff(300) < 50, "{place:?}");
        records.push(record(&site, &build).await);
        worker.stop().await;
    }
    assert_eq!(records[0].damage.len(), 2);
    assert!(records[0] == records[1], "two encodes of one master have equal records");
}

async fn a_hole_of_three_seconds_waits_for_an_editor() {
    // Over the border of the two chunks, which is at 60 s.
    let site = Site::start_with(master(&[("v:0", 58.0..61.0)])).await;
    let worker = site.worker();
    let (film, build) = ended(&site).await;
    assert_eq!((film.status, film.presentation_id), (FilmStatus::Damaged, None));
    assert_eq!(build.state, BuildState::Damaged);
    let damage = build.damage.as_ref().unwrap();
    assert_eq!(damage.level(), DamageLevel::Serious);
    let [place] = damage.tracks[0].track.damage.places[..] else { panic!("{damage:?}") };
    assert_eq!((place.from_ms, place.duration_ms), (58_000, 3000));
    assert!(site.has_logged("the build waits until an editor publishes it"));

    let editor = Author { user_id: None, user_email: Some("editor@example.org".to_owned()) };
    presentation::publish_build(&site.db, &site.storage, &editor, build.id).await.unwrap();
    let (film, build) = ended(&site).await;
    assert_eq!((film.status, film.build_id), (FilmStatus::Ready, Some(build.id)));
    assert_eq!(build.state, BuildState::Ready);
    let shown = db::presentation::shown(&site.db, site.film).await.unwrap().unwrap();
    assert_eq!((shown.content.video, shown.author), (build.id, editor.clone()));
    let again = presentation::publish_build(&site.db, &site.storage, &editor, build.id).await.unwrap_err();
    assert!(matches!(again, presentation::PresentationError::NotWaiting), "{again}");
    worker.stop().await;
}

async fn expect_refused(site: &Site, expected: &str) {
    let (film, build) = ended(site).await;
    assert_eq!((film.status, build.state), (FilmStatus::Failed, BuildState::Failed));
    assert_eq!(film.failure.as_deref(), Some(expected));
    let file = film_file::find(&site.db, build.file_id).await.unwrap().unwrap();
    assert_eq!((file.state, file.note.as_deref()), (FileState::Refused, Some(expected)));
}

async fn audio_that_cannot_be_read_is_refused_before_the_video_is_encoded() {
    let site = Site::start_with(master(&[("a:0", 10.0..71.0)])).await;
    let worker = site.worker();
    let expected = "Audio track 1 (ລາວ) cannot be read after 00:00:10. Upload an undamaged copy of the film, or remove this track \
                    from the file and upload it again.";
    expect_refused(&site, expected).await;
    worker.stop().await;
}

async fn video_that_cannot_be_read_is_refused() {
    let site = Site::start_with(master(&[("v:0", 5.0..30.0), ("v:0", 32.0..50.0)])).await;
    let worker = site.worker();
    let expected = "The video cannot be read for 61 % of the film; the longest damaged part is from 00:00:05 to 00:00:30. Upload an \
                    undamaged copy of the film.";
    expect_refused(&site, expected).await;
    worker.stop().await;
}
