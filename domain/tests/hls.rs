//! Playlists: their exact text, and that an independent parser reads the same values, whatever a label contains.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use domain::{
    hls::{
        AudioMedia, IFrame, IFramePlaylist, IFrameStreamInf, MediaPlaylist, MultivariantPlaylist,
        QuotedString, StreamInf, extinf_durations, target_duration_s,
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
        rendition: name(rendition),
        name: QuotedString::new(label),
        language: language.map(QuotedString::new),
        default,
        channels: 2,
    }
}

fn variant(rendition: &str, average_bandwidth_bps: u64) -> StreamInf {
    StreamInf {
        rendition: name(rendition),
        bandwidth_bps: average_bandwidth_bps * 3 / 2,
        average_bandwidth_bps,
        codecs: QuotedString::new("avc1.640028,mp4a.40.2"),
        width: 1920,
        height: 1080,
        frame_rate: Ratio::new(24_000, 1001).unwrap(),
        audio: true,
    }
}

#[test]
fn a_multivariant_playlist_renders_exactly() {
    let playlist = MultivariantPlaylist {
        audio: vec![audio("a1", "ລາວ", Some("lo"), true), audio("a2", "Track 2", None, false)],
        variants: vec![variant("v432", 800_000), StreamInf { audio: false, ..variant("v1080", 6_000_000) }],
        iframes: vec![iframes("v432")],
    };
    insta::assert_snapshot!(playlist.render(), @r#"
    #EXTM3U
    #EXT-X-VERSION:7
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="ລາວ",LANGUAGE="lo",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a1/index.m3u8"
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Track 2",LANGUAGE="und",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="a2/index.m3u8"
    #EXT-X-STREAM-INF:BANDWIDTH=1200000,AVERAGE-BANDWIDTH=800000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=23.976,AUDIO="audio",CLOSED-CAPTIONS=NONE
    v432/index.m3u8
    #EXT-X-STREAM-INF:BANDWIDTH=9000000,AVERAGE-BANDWIDTH=6000000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=23.976,CLOSED-CAPTIONS=NONE
    v1080/index.m3u8
    #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,AVERAGE-BANDWIDTH=60000,CODECS="avc1.640028",RESOLUTION=768x432,URI="v432/iframes.m3u8"
    "#);
}

fn iframes(rendition: &str) -> IFrameStreamInf {
    IFrameStreamInf {
        rendition: name(rendition),
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
        let order: Vec<_> = variants.iter().map(|variant| variant.rendition.as_str()).collect();
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
        let variants = vec![StreamInf { codecs: QuotedString::new(&codecs), ..variant("v1080", 6_000_000) }];
        let iframe_stream = IFrameStreamInf { codecs: QuotedString::new(&codecs), ..iframes("v1080") };
        let playlist = MultivariantPlaylist { audio, variants, iframes: vec![iframe_stream] };
        let text = playlist.render();
        prop_assert_eq!(text.lines().count(), 3 + labels.len() + 2 + 1);

        let parsed = parsed(&playlist);
        prop_assert_eq!(parsed.alternatives.len(), labels.len());
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
        let variant = &parsed.variants[0];
        prop_assert_eq!(variant.uri.as_str(), "v1080/index.m3u8");
        prop_assert_eq!((variant.bandwidth, variant.average_bandwidth), (9_000_000, Some(6_000_000)));
        prop_assert_eq!(variant.frame_rate, Some(23.976));
        prop_assert_eq!(variant.audio.as_deref(), Some("audio"));
        prop_assert!(variant.other_attributes.as_ref().is_none_or(HashMap::is_empty));
    }

    #[test]
    fn parsed_media_playlists_have_the_same_values(
        timescale in prop_oneof![Just(24_000_u32), Just(48_000), Just(12_800), 1_u32..1_000_000],
        seconds in prop::collection::vec(0.1_f64..10.0, 1..60),
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small positive numbers")]
        let segment_ticks: Vec<u64> = seconds.iter().map(|s| (s * f64::from(timescale)).ceil() as u64).collect();
        let playlist = MediaPlaylist { rendition: name("a1"), target_duration_s: 10, timescale, segment_ticks };
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

    /// Sums of durations are exact to a microsecond, however long the film is.
    #[test]
    fn durations_do_not_drift(timescale in 1_u32..200_000, ticks in prop::collection::vec(1_u64..2_000_000, 1..200)) {
        let durations: Vec<u64> = extinf_durations(timescale, ticks.iter().copied()).collect();
        let (mut written_us, mut true_ticks) = (0_u128, 0_u128);
        for (duration_us, ticks) in durations.iter().zip(&ticks) {
            written_us += u128::from(*duration_us);
            true_ticks += u128::from(*ticks);
            let written = written_us * u128::from(timescale);
            prop_assert!(written.abs_diff(true_ticks * 1_000_000) * 2 <= u128::from(timescale));
        }
    }
}
