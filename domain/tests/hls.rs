//! Playlists: their exact text, and that an independent parser reads the same values, whatever a label contains.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use domain::{
    hls::{
        AudioMedia, IFrame, IFramePlaylist, IFrameStreamInf, MediaPlaylist, MultivariantPlaylist,
        QuotedString, SegmentKind, StreamInf, SubtitleMedia, extinf_durations, target_duration_s,
    },
    key::RenditionName,
    ratio::Ratio,
};
use proptest::prelude::*;

fn name(text: &str) -> RenditionName {
    RenditionName::try_from(text.to_owned()).unwrap()
}

fn audio(rendition: &str, label: &str, language: Option<&str>, default: bool) -> AudioMedia {
    AudioMedia {
        group: "aac-2".to_owned(),
        uri: format!("{rendition}/index.m3u8"),
        name: QuotedString::new(label),
        language: language.map(QuotedString::new),
        default,
        autoselect: true,
        describes_video: false,
        channels: 2,
    }
}

fn subtitle(rendition: &str, label: &str, language: Option<&str>) -> SubtitleMedia {
    SubtitleMedia {
        uri: format!("{rendition}/index.m3u8"),
        name: QuotedString::new(label),
        language: language.map(QuotedString::new),
        default: false,
        autoselect: true,
        forced: false,
        hard_of_hearing: false,
    }
}

fn variant(rendition: &str, average_bandwidth_bps: u64) -> StreamInf {
    StreamInf {
        uri: format!("{rendition}/index.m3u8"),
        bandwidth_bps: average_bandwidth_bps * 3 / 2,
        average_bandwidth_bps,
        codecs: QuotedString::new("avc1.640028,mp4a.40.2"),
        width: 1920,
        height: 1080,
        frame_rate: Ratio::new(24_000, 1001).unwrap(),
        audio: Some("aac-2".to_owned()),
        subtitles: false,
    }
}

#[test]
fn a_multivariant_playlist_renders_exactly() {
    let playlist = MultivariantPlaylist {
        audio: vec![
            audio("a1", "ລາວ", Some("lo"), true),
            AudioMedia { autoselect: false, ..audio("a2", "Track 2", None, false) },
            AudioMedia {
                group: "aac-6".to_owned(),
                describes_video: true,
                channels: 6,
                ..audio("a3", "Described", Some("en"), false)
            },
        ],
        subtitles: vec![
            SubtitleMedia { default: true, hard_of_hearing: true, ..subtitle("s1", "ລາວ", Some("lo")) },
            SubtitleMedia { autoselect: false, forced: true, ..subtitle("s2", "Signs", None) },
        ],
        variants: vec![
            StreamInf { subtitles: true, ..variant("v432", 800_000) },
            StreamInf { audio: None, ..variant("v1080", 6_000_000) },
        ],
        iframes: vec![iframes("v432")],
    };
    insta::assert_snapshot!(playlist.render(), @r#"
    #EXTM3U
    #EXT-X-VERSION:7
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac-2",NAME="ລາວ",LANGUAGE="lo",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a1/index.m3u8"
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac-2",NAME="Track 2",LANGUAGE="und",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="a2/index.m3u8"
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac-6",NAME="Described",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,CHARACTERISTICS="public.accessibility.describes-video",CHANNELS="6",URI="a3/index.m3u8"
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="ລາວ",LANGUAGE="lo",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",URI="s1/index.m3u8"
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Signs",LANGUAGE="und",DEFAULT=NO,AUTOSELECT=NO,FORCED=YES,URI="s2/index.m3u8"
    #EXT-X-STREAM-INF:BANDWIDTH=1200000,AVERAGE-BANDWIDTH=800000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=23.976,AUDIO="aac-2",SUBTITLES="subtitles",CLOSED-CAPTIONS=NONE
    v432/index.m3u8
    #EXT-X-STREAM-INF:BANDWIDTH=9000000,AVERAGE-BANDWIDTH=6000000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=23.976,CLOSED-CAPTIONS=NONE
    v1080/index.m3u8
    #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,AVERAGE-BANDWIDTH=60000,CODECS="avc1.640028",RESOLUTION=768x432,URI="v432/iframes.m3u8"
    "#);
}

fn iframes(rendition: &str) -> IFrameStreamInf {
    IFrameStreamInf {
        uri: format!("{rendition}/iframes.m3u8"),
        bandwidth_bps: 90_000,
        average_bandwidth_bps: 60_000,
        codecs: QuotedString::new("avc1.640028"),
        width: 768,
        height: 432,
    }
}

#[test]
fn an_iframe_playlist_lists_the_first_bytes_of_each_segment() {
    let playlist = IFramePlaylist {
        rendition: name("v720"),
        target_duration_s: 6,
        timescale: 24_000,
        frames: vec![IFrame { ticks: 144_144, bytes: 41_002 }, IFrame { ticks: 60_060, bytes: 977 }],
    };
    insta::assert_snapshot!(playlist.render(), @r#"
    #EXTM3U
    #EXT-X-VERSION:7
    #EXT-X-TARGETDURATION:6
    #EXT-X-MEDIA-SEQUENCE:1
    #EXT-X-PLAYLIST-TYPE:VOD
    #EXT-X-I-FRAMES-ONLY
    #EXT-X-MAP:URI="init.mp4"
    #EXTINF:6.006000,
    #EXT-X-BYTERANGE:41002@0
    00001.m4s
    #EXTINF:2.502500,
    #EXT-X-BYTERANGE:977@0
    00002.m4s
    #EXT-X-ENDLIST
    "#);
    let parsed = m3u8_rs::parse_media_playlist_res(playlist.render().as_bytes()).unwrap();
    assert!(parsed.i_frames_only);
    let range = parsed.segments[0].byte_range.as_ref().unwrap();
    assert_eq!((range.length, range.offset), (41_002, Some(0)));
}

#[test]
fn a_media_playlist_renders_exactly() {
    let playlist = MediaPlaylist {
        rendition: name("v720"),
        target_duration_s: 6,
        timescale: 24_000,
        segment_ticks: vec![144_144, 144_144, 60_060],
        segments: SegmentKind::Mp4,
    };
    insta::assert_snapshot!(playlist.render(), @r#"
    #EXTM3U
    #EXT-X-VERSION:7
    #EXT-X-TARGETDURATION:6
    #EXT-X-MEDIA-SEQUENCE:1
    #EXT-X-PLAYLIST-TYPE:VOD
    #EXT-X-MAP:URI="init.mp4"
    #EXTINF:6.006000,
    00001.m4s
    #EXTINF:6.006000,
    00002.m4s
    #EXTINF:2.502500,
    00003.m4s
    #EXT-X-ENDLIST
    "#);
}

#[test]
fn a_subtitle_playlist_has_webvtt_segments_and_no_init_section() {
    let playlist = MediaPlaylist {
        rendition: name("s1"),
        target_duration_s: 6,
        timescale: 1000,
        segment_ticks: vec![6000, 2500],
        segments: SegmentKind::WebVtt,
    };
    insta::assert_snapshot!(playlist.render(), @r#"
    #EXTM3U
    #EXT-X-VERSION:7
    #EXT-X-TARGETDURATION:6
    #EXT-X-MEDIA-SEQUENCE:1
    #EXT-X-PLAYLIST-TYPE:VOD
    #EXTINF:6.000000,
    00001.vtt
    #EXTINF:2.500000,
    00002.vtt
    #EXT-X-ENDLIST
    "#);
    let parsed = m3u8_rs::parse_media_playlist_res(playlist.render().as_bytes()).unwrap();
    assert!(parsed.segments.iter().all(|segment| segment.map.is_none()));
}

#[test]
fn the_first_variant_suits_a_slow_connection() {
    for (averages, expected) in [
        (
            vec![("v1080", 5_000_000), ("v720", 2_500_000), ("v432", 850_000), ("v234", 270_000)],
            "v432 v1080 v720 v234",
        ),
        (vec![("v234", 270_000), ("v1080", 900_000)], "v1080 v234"),
        (vec![("v1080", 5_000_000), ("v720", 2_500_000)], "v720 v1080"),
        (vec![("v720", 300_000), ("v540", 300_000)], "v540 v720"),
        (vec![("v144", 100_000)], "v144"),
        (vec![], ""),
    ] {
        let mut variants: Vec<_> = averages.into_iter().map(|(name, bps)| variant(name, bps)).collect();
        MultivariantPlaylist::order_variants(&mut variants);
        let order: Vec<_> = variants.iter().map(|v| v.uri.trim_end_matches("/index.m3u8")).collect();
        assert_eq!(order.join(" "), expected);
    }
}

#[test]
fn target_durations_are_rounded_to_the_nearest_second() {
    for (ticks, timescale, expected) in [
        (144_144, 24_000, 6),
        (6499, 1000, 6),
        (6500, 1000, 7),
        (480, 1000, 0),
        (1, 0, 1),
        (u64::MAX, 1, u64::MAX),
    ] {
        assert_eq!(target_duration_s(ticks, timescale), expected, "{ticks}/{timescale}");
    }
}

fn parsed(playlist: &MultivariantPlaylist) -> m3u8_rs::MasterPlaylist {
    m3u8_rs::parse_master_playlist_res(playlist.render().as_bytes()).unwrap()
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\",=\r\n\\\\#:A-Z]{0,40}",
        Just("Evil\",URI=\"x".to_owned()),
        Just("\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://evil.example/".to_owned()),
        Just("a\u{2028}b\u{85}c\u{b}d".to_owned()),
    ]
}

proptest! {
    #[test]
    fn no_label_can_add_an_attribute_or_a_line(
        labels in prop::collection::vec((label(), proptest::option::of(label())), 1..4),
        codecs in label(),
    ) {
        let audio: Vec<_> = labels
            .iter()
            .enumerate()
            .map(|(index, (label, language))| audio(&format!("a{index}"), label, language.as_deref(), index == 0))
            .collect();
        let subtitles: Vec<_> = labels
            .iter()
            .enumerate()
            .map(|(index, (label, language))| subtitle(&format!("s{index}"), label, language.as_deref()))
            .collect();
        let codecs_of = QuotedString::new(&codecs);
        let variants = vec![StreamInf { codecs: codecs_of, subtitles: true, ..variant("v1080", 6_000_000) }];
        let iframe_stream = IFrameStreamInf { codecs: QuotedString::new(&codecs), ..iframes("v1080") };
        let playlist = MultivariantPlaylist { audio, subtitles, variants, iframes: vec![iframe_stream] };
        let text = playlist.render();
        prop_assert_eq!(text.lines().count(), 3 + 2 * labels.len() + 2 + 1);

        let parsed = parsed(&playlist);
        prop_assert_eq!(parsed.alternatives.len(), 2 * labels.len());
        prop_assert_eq!(parsed.variants.len(), 2);
        let iframe_variant = &parsed.variants[1];
        prop_assert!(iframe_variant.is_i_frame && iframe_variant.other_attributes.as_ref().is_none_or(HashMap::is_empty));
        prop_assert_eq!((iframe_variant.uri.as_str(), iframe_variant.bandwidth), ("v1080/iframes.m3u8", 90_000));
        prop_assert!(parsed.unknown_tags.is_empty() && parsed.session_data.is_empty());
        for (index, (media, (label, _))) in parsed.alternatives.iter().zip(&labels).enumerate() {
            let uri = format!("a{index}/index.m3u8");
            prop_assert_eq!(media.uri.as_deref(), Some(uri.as_str()));
            prop_assert_eq!(media.name.chars().count(), label.chars().count().max(1));
            prop_assert!(!media.name.contains(['"', '\r', '\n']));
            prop_assert_eq!(media.default, index == 0);
            prop_assert!(media.autoselect);
            prop_assert_eq!(media.channels.as_deref(), Some("2"));
            prop_assert!(media.other_attributes.as_ref().is_none_or(HashMap::is_empty));
        }
        for (index, (media, (label, _))) in parsed.alternatives[labels.len()..].iter().zip(&labels).enumerate() {
            let uri = format!("s{index}/index.m3u8");
            prop_assert_eq!(media.media_type.clone(), m3u8_rs::AlternativeMediaType::Subtitles);
            prop_assert_eq!(media.uri.as_deref(), Some(uri.as_str()));
            prop_assert_eq!(media.name.chars().count(), label.chars().count().max(1));
            prop_assert!(!media.default && media.autoselect && !media.forced && media.characteristics.is_none());
            prop_assert!(media.other_attributes.as_ref().is_none_or(HashMap::is_empty));
        }
        let variant = &parsed.variants[0];
        prop_assert_eq!(variant.uri.as_str(), "v1080/index.m3u8");
        prop_assert_eq!((variant.bandwidth, variant.average_bandwidth), (9_000_000, Some(6_000_000)));
        prop_assert_eq!(variant.frame_rate, Some(23.976));
        prop_assert_eq!(variant.audio.as_deref(), Some("aac-2"));
        prop_assert_eq!(variant.subtitles.as_deref(), Some(SubtitleMedia::GROUP));
        prop_assert!(variant.other_attributes.as_ref().is_none_or(HashMap::is_empty));
    }

    #[test]
    fn parsed_media_playlists_have_the_same_values(
        timescale in prop_oneof![Just(24_000_u32), Just(48_000), Just(12_800), 1_u32..1_000_000],
        seconds in prop::collection::vec(0.1_f64..10.0, 1..60),
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small positive numbers")]
        let segment_ticks: Vec<u64> = seconds.iter().map(|s| (s * f64::from(timescale)).ceil() as u64).collect();
        let playlist = MediaPlaylist {
            rendition: name("a1"),
            target_duration_s: 10,
            timescale,
            segment_ticks,
            segments: SegmentKind::Mp4,
        };
        let text = playlist.render();
        prop_assert_eq!(&text, &playlist.render());
        let parsed = m3u8_rs::parse_media_playlist_res(text.as_bytes()).unwrap();
        prop_assert_eq!((parsed.version, parsed.target_duration, parsed.media_sequence), (Some(7), 10, 1));
        prop_assert_eq!(parsed.playlist_type, Some(m3u8_rs::MediaPlaylistType::Vod));
        prop_assert!(parsed.end_list);
        prop_assert_eq!(parsed.segments.len(), playlist.segment_ticks.len());
        prop_assert_eq!(&parsed.segments[0].map.as_ref().unwrap().uri, "init.mp4");
        for (number, (segment, ticks)) in (1..).zip(parsed.segments.iter().zip(&playlist.segment_ticks)) {
            prop_assert_eq!(&segment.uri, &format!("{number:05}.m4s"));
            #[expect(clippy::cast_precision_loss, reason = "compared with a tolerance, because the parser reads f32")]
            let expected = *ticks as f64 / f64::from(timescale);
            prop_assert!((f64::from(segment.duration) - expected).abs() < 0.001);
        }
    }

    /// Sums of durations are at most a microsecond too short, however long the film is.
    #[test]
    fn durations_do_not_drift(timescale in 1_u32..200_000, ticks in prop::collection::vec(1_u64..2_000_000, 1..200)) {
        let durations: Vec<u64> = extinf_durations(timescale, ticks.iter().copied()).collect();
        let (mut written_us, mut true_ticks) = (0_u128, 0_u128);
        for (duration_us, ticks) in durations.iter().zip(&ticks) {
            written_us += u128::from(*duration_us);
            true_ticks += u128::from(*ticks);
            let written = written_us * u128::from(timescale);
            // Rounded down, and by less than a microsecond.
            let exact = true_ticks * 1_000_000;
            prop_assert!(written <= exact && exact - written < u128::from(timescale));
        }
    }
}
