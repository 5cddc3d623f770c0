//! Text tracks of masters: each format becomes cues, and what cannot be shown is dropped or left out with a reason.

use bytes::Bytes;
use domain::{
    language::Language,
    subtitle::{
        EmbeddedEvent, EmbeddedFormat, EmbeddedTrack, LeftOut, MAX_BYTES, MAX_CUES, read_embedded,
        write_webvtt,
    },
};

const FILM_MS: u64 = 60_000;

const ASS_HEADER: &str = "[Script Info]\nScriptType: v4.00+\nPlayResX: 640\nPlayResY: 360\n\n[V4+ Styles]\n\
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1\n\
Style: Top,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,-1,0,0,100,100,0,0,1,2,2,8,10,10,10,1\n\n[Events]\n\
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";

fn event(start_ms: i64, duration_ms: u64, text: impl Into<Bytes>) -> EmbeddedEvent {
    EmbeddedEvent { start_ms, duration_ms, settings: Bytes::new(), text: text.into() }
}

fn track(header: &[u8], events: Vec<EmbeddedEvent>) -> EmbeddedTrack {
    let mut track = EmbeddedTrack::default();
    track.set_header(Bytes::copy_from_slice(header));
    for event in events {
        track.push(event);
    }
    track
}

/// The canonical WebVTT of a track's cues, without its header, and the warnings.
fn read(format: EmbeddedFormat, track: &EmbeddedTrack) -> (String, Vec<String>) {
    let (cues, warnings) = read_embedded(format, track, None, FILM_MS).unwrap();
    let text = write_webvtt(&cues).strip_prefix("WEBVTT\n\n").unwrap().to_owned();
    (text, warnings.first.iter().map(ToString::to_string).collect())
}

#[test]
fn subrip_keeps_tags_lines_and_lao_text() {
    let events = vec![
        event(1_000, 2_000, "ສະບາຍດີ <i>ໂລກ</i>\r\nA & B"),
        event(4_000, 1_500, "{\\an8}ເທິງ"),
        event(6_000, 1_000, "<font color=\"red\">ແດງ</font>\0"),
    ];
    let (text, warnings) = read(EmbeddedFormat::SubRip, &track(b"", events));
    assert_eq!(
        text,
        "00:00:01.000 --> 00:00:03.000\nສະບາຍດີ <i>ໂລກ</i>\nA &amp; B\n\n\
         00:00:04.000 --> 00:00:05.500 line:0\nເທິງ\n\n\
         00:00:06.000 --> 00:00:07.000\nແດງ\n"
    );
    assert_eq!(warnings, ["cue 3: the tag <font> is not supported; it was removed and its text kept"]);
}

#[test]
fn webvtt_keeps_its_settings() {
    let mut placed = event(1_000, 2_000, "<v Noy>ສະບາຍດີ &amp; &lt;3");
    placed.settings = Bytes::from_static(b"line:0 position:20% align:start region:fred");
    let (text, warnings) = read(EmbeddedFormat::WebVtt, &track(b"", vec![placed]));
    assert_eq!(
        text,
        "00:00:01.000 --> 00:00:03.000 line:0 position:20% align:start\n<v Noy>ສະບາຍດີ &amp; &lt;3</v>\n"
    );
    assert_eq!(warnings, ["cue 1: the setting region is not supported; it was dropped"]);
}

#[test]
fn ass_events_use_the_styles_of_the_header() {
    let events = vec![
        event(1_000, 2_000, "0,0,Default,,0,0,0,,ສະບາຍດີ, ໂລກ\\Nແຖວສອງ"),
        event(4_000, 1_000, "1,0,Top,,0,0,0,,ເທິງ"),
        event(5_000, 1_000, "2,0,Default,,0,0,0,,{\\pos(320,180)\\fs30}ກາງ"),
        event(7_000, 1_000, "3,0,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}"),
        event(8_000, 1_000, "not an event"),
    ];
    let (text, warnings) = read(EmbeddedFormat::Ass, &track(ASS_HEADER.as_bytes(), events));
    assert_eq!(
        text,
        "00:00:01.000 --> 00:00:03.000\nສະບາຍດີ, ໂລກ\nແຖວສອງ\n\n\
         00:00:04.000 --> 00:00:05.000 line:0\n<i>ເທິງ</i>\n\n\
         00:00:05.000 --> 00:00:06.000 line:50%,end position:50%,center\nກາງ\n"
    );
    assert_eq!(
        warnings,
        [
            "cue 3: fonts, colours and effects are not supported; they were dropped",
            "cue 4: drawings are not supported; they were dropped",
            "cue 4 and 1 more: the cue has no text; it was dropped",
            "cue 5: the event does not have the columns of ASS; it was dropped",
        ]
    );
}

#[test]
fn timed_text_has_empty_samples_between_cues() {
    let sample = |text: &str| {
        let length = u16::try_from(text.len()).unwrap();
        [&length.to_be_bytes()[..], text.as_bytes()].concat()
    };
    let events = vec![
        event(0, 1_000, sample("")),
        event(1_000, 2_000, sample("ສະບາຍດີ\nໂລກ <i>")),
        event(3_000, 500, sample("")),
        event(3_500, 500, sample("ສອງ")),
    ];
    let (text, warnings) = read(EmbeddedFormat::MovText, &track(b"", events));
    assert_eq!(
        text,
        "00:00:01.000 --> 00:00:03.000\nສະບາຍດີ\nໂລກ &lt;i&gt;\n\n00:00:03.500 --> 00:00:04.000\nສອງ\n"
    );
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn times_outside_the_film_are_cut_and_impossible_ones_dropped() {
    let events = vec![
        // In the order of the file, not of time.
        event(59_000, 9_000, "end"),
        event(-500, 1_000, "start"),
        event(-5_000, 1_000, "before"),
        event(70_000, 1_000, "after"),
        event(2_000, 0, "short"),
        event(3_000, 0, "long"),
        event(10_000, u64::MAX, "for ever"),
        event(20_000, 1_000, "x".repeat(6_000)),
        event(i64::MAX, 1, "never"),
        event(i64::MIN, 1, "never"),
    ];
    let (text, warnings) = read(EmbeddedFormat::SubRip, &track(b"", events));
    assert_eq!(
        text,
        "00:00:00.000 --> 00:00:00.500\nstart\n\n\
         00:00:02.000 --> 00:00:03.000\nshort\n\n\
         00:00:03.000 --> 00:00:08.000\nlong\n\n\
         00:00:59.000 --> 00:01:00.000\nend\n"
    );
    let warnings = warnings.join("\n");
    for warning in [
        "cue 1 and 1 more: the cue ends before the film starts; it was dropped",
        "cue 3: the cue starts before the film; its start was cut to 0",
        "cue 4 and 1 more: the file does not say how long the cue is shown; it is shown until the next one, at most 5 s",
        "cue 6 and 1 more: the times of the cue are impossible; it was dropped",
        "cue 7: the cue has more than 5000 characters; it was dropped",
        "cue 8: the cue ends after the film's end; it was cut there",
        "cue 9: the cue starts after the film's end; it was dropped",
    ] {
        assert!(warnings.contains(warning), "{warning:?} in\n{warnings}");
    }
}

#[test]
fn a_track_that_cannot_be_read_is_left_out_with_a_reason() {
    let lao = Language::normalize("lao").unwrap();
    let left_out = |format, track: &EmbeddedTrack| {
        let error = read_embedded(format, track, Some(&lao), FILM_MS).unwrap_err();
        assert!(error.to_string().starts_with("the track was left out: "), "{error}");
        error
    };
    let subrip = |events| left_out(EmbeddedFormat::SubRip, &track(b"", events));
    assert_eq!(
        subrip(vec![event(1_000, 1_000, "fine"), event(83_000, 1_000, &b"S\xe3o"[..])]),
        LeftOut::NotUnicode { at_ms: 83_000 }
    );
    assert!(LeftOut::NotUnicode { at_ms: 83_000 }.to_string().contains(" at 00:01:23 "));
    assert_eq!(subrip(vec![]), LeftOut::Empty);
    assert_eq!(subrip(vec![event(99_000, 1_000, "after the film")]), LeftOut::Empty);
    let old_font = event(1_000, 1_000, "lt[kpfu ltsx=kp0v'] 0hv,6o gxao vu]k;");
    assert_eq!(subrip(vec![old_font.clone(), old_font]), LeftOut::LaoFont);
    let many = |count: i64| (0..count).map(|at| event(at, 1, "x")).collect::<Vec<_>>();
    let cues = i64::try_from(MAX_CUES).unwrap();
    assert_eq!(subrip(many(cues + 1)), LeftOut::TooManyCues);
    let (cues, _) = read_embedded(EmbeddedFormat::SubRip, &track(b"", many(cues)), None, FILM_MS).unwrap();
    assert_eq!(cues.len(), MAX_CUES);

    let large = event(1_000, 1_000, vec![b'x'; 64 << 10]);
    assert_eq!(subrip(vec![large; MAX_BYTES / (64 << 10) + 1]), LeftOut::TooLarge);
    let mut given_up = track(b"", vec![event(1_000, 1_000, "fine")]);
    given_up.give_up();
    assert_eq!(left_out(EmbeddedFormat::SubRip, &given_up), LeftOut::TooLarge);
}

#[test]
fn codecs_have_their_formats() {
    for (codec, format) in [
        ("subrip", Some(EmbeddedFormat::SubRip)),
        ("text", Some(EmbeddedFormat::SubRip)),
        ("webvtt", Some(EmbeddedFormat::WebVtt)),
        ("ass", Some(EmbeddedFormat::Ass)),
        ("ssa", Some(EmbeddedFormat::Ass)),
        ("mov_text", Some(EmbeddedFormat::MovText)),
        ("hdmv_pgs_subtitle", None),
        ("dvd_subtitle", None),
        ("eia_608", None),
        ("ttml", None),
    ] {
        assert_eq!(EmbeddedFormat::of_codec(codec), format, "{codec}");
    }
}
