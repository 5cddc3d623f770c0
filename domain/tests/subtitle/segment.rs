//! The exact text of segments and of documents.

use std::num::NonZeroU64;

use domain::subtitle::{Cue, CueText, ReadOptions, read_text, segments, write_srt, write_webvtt};

const SEGMENT_MS: NonZeroU64 = NonZeroU64::new(60_000).unwrap();

fn cue(start_ms: u64, end_ms: u64, text: &str) -> Cue {
    Cue { start_ms, end_ms, text: CueText::plain_text(text), ..Cue::default() }
}

#[test]
fn a_cue_over_a_border_is_in_both_segments_and_one_at_a_border_in_one() {
    let cues = [
        cue(58_000, 60_000, "ends at the border"),
        cue(59_000, 61_000, "ຂ້າມ\u{200b}ຂອບ"),
        cue(60_000, 62_000, "starts at the border"),
    ];
    let segments: Vec<_> = segments(&cues, 180_500, SEGMENT_MS).collect();
    let head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n";
    let over = "\n00:00:59.000 --> 00:01:01.000\nຂ້າມ\u{200b}ຂອບ\n";
    assert_eq!(
        segments,
        [
            format!("{head}\n00:00:58.000 --> 00:01:00.000\nends at the border\n{over}"),
            format!("{head}{over}\n00:01:00.000 --> 00:01:02.000\nstarts at the border\n"),
            head.to_owned(),
            head.to_owned(),
        ]
    );
}

#[test]
fn a_film_without_cues_has_empty_segments() {
    assert_eq!(segments(&[], 120_000, SEGMENT_MS).count(), 2);
    assert_eq!(segments(&[], 120_001, SEGMENT_MS).count(), 3);
    assert_eq!(segments(&[], 0, SEGMENT_MS).count(), 1);
}

#[test]
fn markup_survives_in_both_documents() {
    let source = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0 align:left\n<v Noy & Kham><i>a <b>b</b>\nc</i> &lt;d&gt; &amp;amp; --&gt;</v>\n";
    let cues = read_text(source, &ReadOptions::default()).unwrap().cues;
    assert_eq!(
        write_webvtt(&cues),
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0 align:left\n<v Noy &amp; Kham><i>a <b>b</b>\nc</i> &lt;d&gt; &amp;amp; --&gt;</v>\n"
    );
    assert_eq!(
        write_srt(&cues),
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an7}<i>a <b>b</b>\nc</i> &lt;d> &amp;amp; -->\n"
    );
}

#[test]
fn a_blank_line_in_a_text_does_not_end_the_cue() {
    let cues = [cue(1_000, 2_000, "\n\na\n \n\nb\n")];
    assert_eq!(write_webvtt(&cues), "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na\n\u{a0}\n\u{a0}\nb\n");
}

#[test]
fn characters_without_a_shape_are_kept_and_controls_are_not() {
    let cues = [cue(1_000, 2_000, "\u{200e}ກ\u{200b}ຂ\u{200f}\u{202b}\u{feff}a\tb\u{0}\u{8}\u{85}c")];
    assert_eq!(cues[0].text.to_plain(), "\u{200e}ກ\u{200b}ຂ\u{200f}\u{202b}a bc");
}
