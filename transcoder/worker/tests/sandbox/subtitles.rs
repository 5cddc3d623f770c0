//! Text subtitle tracks of real masters, read by the real child and turned into renditions by this process.

use std::path::Path;

use domain::{
    child::{Limits, Part, Task},
    facts::{MediaFacts, OtherKind, SubtitleCoding},
    key::BuildRoot,
    output::{PartOutput, SubtitlePart},
    plan::Plan,
    planner,
    presentation::Role,
    profile::Profile,
    unused::{Why, unused},
};
use storage::Storage;
use worker::{
    objects::BuildObjects,
    sandbox::{ChildError, Sandbox},
};

use super::{
    hostile::script,
    support::{Folder, master, probe, sandbox},
};

super::tests! {
    tracks_of_matroska_become_renditions,
    tracks_of_mp4_become_renditions,
    times_are_relative_to_the_first_frame,
    a_track_without_unicode_is_left_out_and_the_others_stay,
    streams_that_are_not_used_are_found,
    subtitles_that_are_not_in_the_plan_are_refused,
}

const VIDEO: &str = "-f lavfi -i testsrc2=s=320x180:r=25:d=70";
const H264: &str = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p";

const SRT: &str = "1\n00:00:01,000 --> 00:00:03,500\nສະບາຍດີ <i>ໂລກ</i>\nA & B\n\n\
                   2\n00:00:59,000 --> 00:01:02,000\n{\\an8}ເທິງ --> ລຸ່ມ\n";
/// The segments of [`SRT`]: the second cue is in both.
const SRT_SEGMENTS: [&str; 2] = [
    "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n\
     00:00:01.000 --> 00:00:03.500\nສະບາຍດີ <i>ໂລກ</i>\nA &amp; B\n\n\
     00:00:59.000 --> 00:01:02.000 line:0\nເທິງ --&gt; ລຸ່ມ\n",
    "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n\
     00:00:59.000 --> 00:01:02.000 line:0\nເທິງ --&gt; ລຸ່ມ\n",
];
const VTT: &str = "WEBVTT\n\n00:00:02.000 --> 00:00:04.000 line:10% align:left\nPlaced &amp; kept\n";
const ASS: &str = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n\
                   Format: Name, Fontname, Fontsize, Bold, Italic, Underline, Alignment\n\
                   Style: Default,Arial,20,0,0,0,2\nStyle: Thought,Arial,20,0,-1,0,8\n\n[Events]\n\
                   Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
                   Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,ໜຶ່ງ, ສອງ\\Nສາມ\n\
                   Dialogue: 0,0:00:05.00,0:00:06.00,Thought,,0,0,0,,ຄິດ\n";

async fn plan(path: &Path) -> (MediaFacts, Plan) {
    let facts = probe(path).await.unwrap();
    let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    (facts, plan)
}

async fn read(sandbox: &Sandbox, path: &Path, plan: &Plan, out: &Path) -> Result<PartOutput, ChildError> {
    let objects = BuildObjects::new(Storage::local(out).unwrap(), BuildRoot::Top);
    let task = Task { plan: plan.clone(), part: Part::Subtitles };
    sandbox.encode(master(path), task, objects, |_| {}).await
}

/// Reads the subtitles of a master into `out` below the folder.
async fn subtitles(folder: &Folder, path: &Path, plan: &Plan) -> Vec<SubtitlePart> {
    let output = read(&sandbox(folder), path, plan, &folder.path("out")).await.unwrap();
    assert!(output.renditions.is_empty() && output.sheet.is_none(), "{output:?}");
    output.subtitles
}

fn text(folder: &Folder, path: &str) -> String {
    std::fs::read_to_string(folder.path("out").join(path)).unwrap()
}

async fn tracks_of_matroska_become_renditions() {
    let folder = Folder::new();
    folder.write("a.srt", SRT);
    folder.write("b.ass", ASS);
    folder.write("c.vtt", VTT);
    let path = folder.ffmpeg(
        &format!(
            "{VIDEO} -i a.srt -i b.ass -i c.vtt -map 0 -map 1 -map 2 -map 3 {H264} -c:s copy \
             -metadata:s:s:0 language=lao -disposition:s:0 default \
             -metadata:s:s:1 language=eng -metadata:s:s:1 title=Signs -disposition:s:1 forced \
             -metadata:s:s:2 language=eng -disposition:s:2 hearing_impaired"
        ),
        "tracks.mkv",
    );
    let (facts, plan) = plan(&path).await;
    let codings: Vec<_> = facts.subtitles.iter().map(|track| track.coding).collect();
    assert_eq!(codings, [SubtitleCoding::Text; 3], "{facts:?}");
    let planned: Vec<_> = plan
        .subtitles
        .iter()
        .map(|track| (track.name.as_str(), track.label.as_str(), track.default, track.forced, track.role))
        .collect();
    assert_eq!(
        planned,
        [
            ("s1", "ລາວ", true, false, Role::Main),
            ("s2", "English – Signs", false, true, Role::Main),
            ("s3", "English", false, false, Role::HardOfHearing),
        ]
    );
    let parts = subtitles(&folder, &path, &plan).await;
    assert_eq!(parts.len(), 3);
    for part in &parts {
        assert_eq!(part.details, [""; 0], "{}", part.rendition);
        let stored = part.stored.as_ref().unwrap();
        assert_eq!((stored.measured.segments, stored.objects.len()), (2, 4));
        for (object, recorded) in &stored.objects {
            assert_eq!(text(&folder, object).len() as u64, recorded.size_bytes, "{object}");
        }
    }
    assert_eq!([text(&folder, "s1/00001.vtt"), text(&folder, "s1/00002.vtt")], SRT_SEGMENTS);
    assert_eq!(
        text(&folder, "s2/subtitles.vtt"),
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nໜຶ່ງ, ສອງ\nສາມ\n\n00:00:05.000 --> 00:00:06.000 line:0\n<i>ຄິດ</i>\n"
    );
    assert_eq!(
        text(&folder, "s3/subtitles.vtt"),
        "WEBVTT\n\n00:00:02.000 --> 00:00:04.000 line:10% align:left\nPlaced &amp; kept\n"
    );
    // Another attempt stores the same bytes.
    assert_eq!(subtitles(&folder, &path, &plan).await, parts);
}

async fn tracks_of_mp4_become_renditions() {
    let folder = Folder::new();
    folder.write("a.srt", SRT);
    for name in ["tracks.mp4", "tracks.mov"] {
        let path = folder.ffmpeg(
            &format!("{VIDEO} -i a.srt -map 0 -map 1 {H264} -c:s mov_text -metadata:s:s:0 language=lao"),
            name,
        );
        let (_, plan) = plan(&path).await;
        let [track] = &plan.subtitles[..] else { panic!("{name}: {plan:?}") };
        assert_eq!((track.language.as_deref(), track.label.as_str()), (Some("lo"), "ລາວ"));
        let [part] = &subtitles(&Folder::new(), &path, &plan).await[..] else { panic!("{name}") };
        assert_eq!(part.details, [""; 0]);
        let out = Folder::new();
        subtitles(&out, &path, &plan).await;
        assert_eq!(
            text(&out, "s1/subtitles.vtt"),
            "WEBVTT\n\n00:00:01.000 --> 00:00:03.500\nສະບາຍດີ <i>ໂລກ</i>\nA &amp; B\n\n\
             00:00:59.000 --> 00:01:02.000\nເທິງ --&gt; ລຸ່ມ\n",
            "{name}"
        );
    }
}

async fn times_are_relative_to_the_first_frame() {
    let folder = Folder::new();
    folder.write("a.srt", "1\n00:00:01,000 --> 00:00:02,500\nກ່ອນ\n\n2\n00:00:04,000 --> 00:00:05,000\nໜັງ\n");
    // The first frame is at 2 s.
    let path = folder.ffmpeg(
        &format!("-itsoffset 2 -f lavfi -i testsrc2=s=320x180:r=25:d=8 -i a.srt -map 0 -map 1 {H264} -c:s copy -copyts"),
        "late.mkv",
    );
    let (facts, plan) = plan(&path).await;
    let video = &facts.video[0];
    assert_eq!(video.first_pts * 1000 * video.time_base.num / video.time_base.den, 2_000, "{video:?}");
    let [part] = &subtitles(&folder, &path, &plan).await[..] else { panic!() };
    assert_eq!(part.details, ["cue 1: the cue starts before the film; its start was cut to 0"]);
    assert_eq!(
        text(&folder, "s1/subtitles.vtt"),
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nກ່ອນ\n\n00:00:02.000 --> 00:00:03.000\nໜັງ\n"
    );
}

async fn a_track_without_unicode_is_left_out_and_the_others_stay() {
    let folder = Folder::new();
    folder.write("a.srt", "1\n00:00:01,000 --> 00:00:03,500\nplaceholder\n");
    folder.write("b.srt", SRT);
    let path = folder
        .ffmpeg(&format!("{VIDEO} -i a.srt -i b.srt -map 0 -map 1 -map 2 {H264} -c:s copy"), "broken.mkv");
    // Text in another encoding, as old programs put it into Matroska.
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(11).position(|part| part == b"placeholder").unwrap();
    bytes[at..at + 11].copy_from_slice(b"\xca\xc7\xd1\xca\xb4\xd5, saw");
    let path = folder.write("broken.mkv", bytes);
    let (_, plan) = plan(&path).await;
    let [left_out, kept] = &subtitles(&folder, &path, &plan).await[..] else { panic!() };
    assert!(left_out.stored.is_none() && kept.stored.is_some());
    assert_eq!(
        left_out.details,
        [
            "the track was left out: its text at 00:00:01 is not Unicode. Add the subtitles as a file, and choose its encoding"
        ]
    );
    assert!(!folder.path("out").join("s1").exists());
    assert_eq!(text(&folder, "s2/00002.vtt"), SRT_SEGMENTS[1]);
}

/// A PGS stream with one empty presentation: two segments of a Blu-ray subtitle file.
fn pgs() -> Vec<u8> {
    let segment = |kind: u8, payload: &[u8]| {
        let mut segment = b"PG".to_vec();
        segment.extend(90_000_u32.to_be_bytes());
        segment.extend([0; 4]);
        segment.push(kind);
        segment.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
        segment.extend(payload);
        segment
    };
    let composition = [0x07, 0x80, 0x04, 0x38, 0x10, 0, 0, 0x80, 0, 0, 0];
    [segment(0x16, &composition), segment(0x80, &[])].concat()
}

async fn streams_that_are_not_used_are_found() {
    let folder = Folder::new();
    folder.write("a.srt", SRT);
    folder.write("b.sup", pgs());
    folder.write("font.ttf", [0, 1, 0, 0]);
    folder.ffmpeg("-f lavfi -i color=red:s=60x90 -frames:v 1", "cover.jpg");
    let path = folder.ffmpeg(
        &format!(
            "{VIDEO} -f lavfi -i testsrc2=s=160x90:r=25:d=1 -i a.srt -f sup -i b.sup -map 0 -map 1 -map 2 -map 3 {H264} -c:s copy \
             -metadata:s:s:1 language=fre -metadata:s:s:1 title=Images \
             -attach font.ttf -metadata:s:t:0 mimetype=application/x-truetype-font \
             -attach cover.jpg -metadata:s:t:1 mimetype=image/jpeg"
        ),
        "extras.mkv",
    );
    let (facts, plan) = plan(&path).await;
    assert_eq!(facts.subtitles[1].coding, SubtitleCoding::Bitmap, "{facts:?}");
    assert_eq!(facts.subtitles[1].title.as_deref(), Some("Images"));
    let kinds: Vec<_> = facts.other.iter().map(|other| (other.kind, other.title.as_deref())).collect();
    assert_eq!(
        kinds,
        [(OtherKind::Attachment, Some("font.ttf")), (OtherKind::CoverImage, Some("cover.jpg"))]
    );
    assert_eq!(plan.subtitles.len(), 1);
    let unused: Vec<_> = unused(&facts).iter().map(|stream| (stream.stream_index, stream.why)).collect();
    assert_eq!(
        unused,
        [(1, Why::OtherVideo), (3, Why::BitmapSubtitles), (4, Why::Attachment), (5, Why::CoverImage)]
    );
    // Timecodes of editing programs are data.
    let path = folder.ffmpeg(&format!("{VIDEO} {H264} -timecode 01:00:00:00 -t 1"), "timecode.mov");
    let facts = probe(&path).await.unwrap();
    let [timecode] = &facts.other[..] else { panic!("{facts:?}") };
    assert_eq!((timecode.kind, timecode.stream_index), (OtherKind::Data, 1));
}

async fn subtitles_that_are_not_in_the_plan_are_refused() {
    let folder = Folder::new();
    folder.write("a.srt", SRT);
    let path = folder.ffmpeg(&format!("{VIDEO} -i a.srt -map 0 -map 1 {H264} -c:s copy -t 2"), "one.mkv");
    let (_, mut plan) = plan(&path).await;
    plan.subtitles[0].stream_index = 9;
    let error = read(&sandbox(&folder), &path, &plan, &folder.path("out")).await.unwrap_err();
    assert!(matches!(error, ChildError::Plan(_)) && error.to_string().contains("no track 9"), "{error}");

    // A hostile child sends subtitles of another stream.
    plan.subtitles[0].stream_index = 1;
    let hostile = Sandbox::new(script(&folder, "foreign-subtitles"), Limits::default());
    let error = read(&hostile, &path, &plan, &folder.path("out")).await.unwrap_err();
    assert!(error.to_string().contains("subtitles of stream 5, which are not in the plan"), "{error}");
}
