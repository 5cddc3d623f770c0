//! Properties of all cues and of arbitrary input.

use std::{fmt::Write as _, num::NonZeroU64};

use domain::{
    language::Language,
    subtitle::{
        Align, Cue, CueText, Layout, Line, LineAlign, LineOffset, Percent, Position, PositionAlign,
        ReadOptions, Span, Style, Vertical, read, read_text, segment_count, segments, write_srt,
        write_webvtt,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Text with all that is special in one of the formats.
fn text() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "ສະບາຍດີ",
        "\u{200b}",
        "ນ້ຳ",
        "ກໍ່",
        "a",
        "B ",
        " ",
        "  ",
        "-->",
        "00:00:01.000 --> 00:00:02.000",
        "<i>",
        "</i>",
        "<",
        ">",
        "&",
        "&amp;",
        "&#60;",
        "&lt",
        "{\\an8}",
        "{y:i}",
        "{",
        "}",
        "\\N",
        "\n",
        "\r",
        "\t",
        "\u{0}",
        "\u{7}",
        "\u{85}",
        "\u{a0}",
        "\u{feff}",
        "\u{200f}",
        "\u{200e}",
        "\u{2028}",
        "WEBVTT",
        "NOTE",
        "STYLE",
        "1",
        "2",
        "12",
        "<v A>",
        "<00:01.000>",
        "<b",
        "/>",
        "</",
        "<.x>",
        "א",
        "😀",
        "\u{301}",
        "X-TIMESTAMP-MAP=MPEGTS:0",
        "00:00:05,000 -> 00:00:06,000",
        "<ruby>",
        "<rt>",
        "Dialogue: ",
        "[Events]",
    ]);
    prop_oneof![
        4 => vec(pieces, 0..8).prop_map(|pieces| pieces.concat()),
        1 => ".{0,12}",
    ]
}

fn style() -> impl Strategy<Value = Style> {
    (any::<bool>(), any::<bool>(), any::<bool>(), option::weighted(0.2, text()))
        .prop_map(|(italic, bold, underline, voice)| Style { italic, bold, underline, voice })
}

fn cue_text() -> impl Strategy<Value = CueText> {
    let span = (text(), style(), option::weighted(0.15, text())).prop_map(|(text, style, ruby)| Span {
        text,
        style,
        ruby,
    });
    vec(vec(span, 0..4), 1..4).prop_map(CueText::new)
}

fn percent() -> impl Strategy<Value = Percent> {
    (0_u16..=10_000).prop_map(|hundredths| Percent::from_hundredths(hundredths).unwrap())
}

fn layout() -> impl Strategy<Value = Layout> {
    let offset =
        prop_oneof![any::<i16>().prop_map(LineOffset::Number), percent().prop_map(LineOffset::Percent)];
    let line =
        (offset, option::of(select(LineAlign::ALL))).prop_map(|(offset, align)| Line { offset, align });
    let position = (percent(), option::of(select(PositionAlign::ALL)))
        .prop_map(|(percent, align)| Position { percent, align });
    let vertical = option::weighted(0.2, select(Vertical::ALL));
    (vertical, option::of(line), option::of(position), option::of(percent()), option::of(select(Align::ALL)))
        .prop_map(|(vertical, line, position, size, align)| Layout { vertical, line, position, size, align })
}

/// Valid cues, in order, all different.
fn cues() -> impl Strategy<Value = Vec<Cue>> {
    let cue = (0_u64..600_000, 1_u64..90_000, option::weighted(0.3, layout()), cue_text()).prop_map(
        |(start_ms, length_ms, layout, text)| Cue {
            start_ms,
            end_ms: start_ms + length_ms,
            layout: layout.unwrap_or_default(),
            text,
        },
    );
    vec(cue, 0..12).prop_map(|mut cues| {
        cues.retain(|cue| cue.check().is_ok());
        cues.sort_by_key(|cue| cue.start_ms);
        let mut seen = std::collections::HashSet::new();
        cues.retain(|cue| seen.insert(cue.clone()));
        cues
    })
}

/// Documents of all formats with broken parts.
fn document() -> impl Strategy<Value = String> {
    let lines = select(vec![
        "WEBVTT",
        "NOTE x",
        "STYLE",
        "REGION",
        "1",
        "2",
        "00:00:01,000 --> 00:00:02,000",
        "00:00:01.000 --> 00:00:00.500 line:0",
        "00:00:03,000 --> 00:00:0",
        "-->",
        "text",
        "<i>open",
        "",
        "",
        "[Script Info]",
        "PlayResX: 0",
        "PlayResY: -5",
        "[V4 Styles]",
        "[V4+ Styles]",
        "Format: Name, Italic, Bold, Alignment",
        "Style: Default,-1,0,8",
        "[Events]",
        "Format: Layer, Start, End, Style, Text",
        "Format: Text",
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,{\\pos(1,2)\\i1}a, b\\Nc",
        "Dialogue: 1,0:00:01.00,0:00:02.00,Default,{\\p1}m 0 0{\\p0}",
        "Dialogue: 0,",
        "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000",
        "X-TIMESTAMP-MAP=MPEGTS:-1",
        "{1}{2}x",
        "{\\an8}x",
        "&#x110000;",
        "<v>",
        "<ruby>a<rt>b",
        "99:99:99,999 --> 99:99:99,999",
        "25:00:00,000 --> 26:00:00,000",
    ]);
    let line = prop_oneof![5 => lines.prop_map(str::to_owned), 1 => text(), 1 => ".{0,20}"];
    vec((line, select(vec!["\n", "\r\n", "\r", "\n\n", ""])), 0..20).prop_map(|lines| {
        lines.into_iter().fold(String::new(), |mut all, (line, end)| {
            write!(all, "{line}{end}").unwrap();
            all
        })
    })
}

fn lao() -> Language {
    Language::normalize("lo").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn webvtt_is_read_as_it_was_written(cues in cues()) {
        let written = write_webvtt(&cues);
        let read = read_text(&written, &ReadOptions::default()).unwrap();
        prop_assert_eq!(read.cues, cues, "{}", written);
    }

    #[test]
    fn the_normal_form_of_a_text_is_stable(text in cue_text()) {
        prop_assert_eq!(&CueText::new(text.lines().to_vec()), &text);
        prop_assert_eq!(&CueText::from_webvtt(&text.to_webvtt()).0, &text);
    }

    #[test]
    fn layouts_are_read_as_they_were_written(layout in layout()) {
        prop_assert_eq!(layout.to_string().parse(), Ok(layout));
    }

    #[test]
    fn srt_keeps_times_and_words(cues in cues()) {
        let without_ruby = |cue: &Cue| cue.text.lines().iter().flatten().all(|span| span.ruby.is_none());
        let cues: Vec<_> = cues.into_iter().filter(without_ruby).collect();
        let written = write_srt(&cues);
        let flat = |cues: &[Cue]| {
            let mut flat: Vec<_> =
                cues.iter().map(|cue| (cue.start_ms, cue.end_ms, cue.text.to_plain())).collect();
            flat.sort();
            flat.dedup();
            flat
        };
        if !cues.is_empty() {
            let read = read_text(&written, &ReadOptions::default()).unwrap();
            prop_assert_eq!(flat(&read.cues), flat(&cues), "{}", written);
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..400)) {
        let language = lao();
        let options = ReadOptions { language: Some(&language), film_ms: Some(60_000), encoding: None };
        let _ = read(&bytes, &options);
        for label in ["utf-16le", "utf-16be", "shift_jis", "gb18030", "windows-874", "iso-2022-jp"] {
            let _ = read(&bytes, &ReadOptions { encoding: Some(label), ..options });
        }
    }

    #[test]
    fn arbitrary_documents_are_read_to_valid_cues(document in document()) {
        let language = lao();
        let options = ReadOptions { language: Some(&language), film_ms: Some(60_000), encoding: None };
        if let Ok(subtitle) = read(document.as_bytes(), &options) {
            for cue in &subtitle.cues {
                prop_assert_eq!(cue.check(), Ok(()));
                prop_assert!(cue.end_ms <= 60_000);
            }
            prop_assert!(subtitle.cues.is_sorted_by_key(|cue| cue.start_ms));
            let again = read_text(&write_webvtt(&subtitle.cues), &ReadOptions::default()).unwrap();
            prop_assert_eq!(again.cues, subtitle.cues);
        }
    }

    #[test]
    fn each_cue_is_in_each_segment_that_it_overlaps(cues in cues(), segment_ms in 1_000_u64..120_000) {
        let film_ms = cues.iter().map(|cue| cue.end_ms).max().unwrap_or(0);
        let segment_ms = NonZeroU64::new(segment_ms).unwrap();
        let all: Vec<_> = segments(&cues, film_ms, segment_ms).collect();
        prop_assert_eq!(all.len() as u64, segment_count(film_ms, segment_ms));
        for (index, segment) in (0..).zip(&all) {
            let (from_ms, to_ms) = (index * segment_ms.get(), (index + 1) * segment_ms.get());
            let expected: Vec<_> = cues.iter().filter(|cue| cue.overlaps(from_ms, to_ms)).cloned().collect();
            let read = read_text(segment, &ReadOptions::default()).unwrap();
            prop_assert_eq!(read.cues, expected);
            prop_assert!(segment.starts_with("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"));
            let arrows = segment.matches("-->").count();
            let times = segment.lines().filter(|line| line.as_bytes().get(12..17) == Some(b" --> ")).count();
            prop_assert_eq!(arrows, times);
        }
    }
}
