//! The containers and codecs that a master or a dub may have, and the refusals for all other files.
//!
//! A container is listed if films or dubs are really delivered in it and its demuxer reads only that one file. Left out on purpose:
//! formats that list other files (HLS, DASH, concat, IMF, SDP, image sequences), bare H.264 and H.265 streams (without timestamps the
//! film's clock is a guess), images and text. The planner refuses a master without video.

use domain::reason::{Reason, ReasonCode};
use ffmpeg_next::codec;

/// Demuxers, by libavformat's short names.
pub(super) const DEMUXERS: &[&str] = &[
    // Films.
    "mov", "matroska", "webm", "mpegts", "mpeg", "avi", "mxf", "asf", "flv", "ogg", "dv", "gxf",
    // Audio, for dubs.
    "wav", "w64", "aiff", "flac", "aac", "ac3", "eac3", "mp3",
];

/// Decoders, by libavcodec's names, for the codecs that cameras, editing programs, discs, broadcasters and archives use.
pub(super) const DECODERS: &[&str] = &[
    // Delivery and cameras.
    "h264",
    "hevc",
    "libdav1d",
    "libaom-av1",
    "av1",
    "vp8",
    "vp9",
    "mpeg1video",
    "mpeg2video",
    "mpeg4",
    "h263",
    "mjpeg",
    "theora",
    "vc1",
    "wmv1",
    "wmv2",
    "wmv3",
    "msmpeg4v1",
    "msmpeg4v2",
    "msmpeg4",
    "flv",
    "vp6",
    "vp6f",
    "svq1",
    "svq3",
    "cinepak",
    // Editing and archives.
    "prores",
    "dnxhd",
    "cfhd",
    "dvvideo",
    "ffv1",
    "huffyuv",
    "ffvhuff",
    "utvideo",
    "magicyuv",
    "jpeg2000",
    "libopenjpeg",
    "dirac",
    "qtrle",
    "png",
    "rawvideo",
    "v210",
    "v308",
    "v408",
    "v410",
    "r210",
    "r10k",
    "yuv4",
    // Audio.
    "aac",
    "aac_fixed",
    "aac_latm",
    "ac3",
    "ac3_fixed",
    "eac3",
    "dca",
    "truehd",
    "mlp",
    "mp1",
    "mp1float",
    "mp2",
    "mp2float",
    "mp3",
    "mp3float",
    "flac",
    "alac",
    "opus",
    "libopus",
    "vorbis",
    "libvorbis",
    "wmav1",
    "wmav2",
    "wmapro",
    "wmalossless",
    "amrnb",
    "amrwb",
    "adpcm_ms",
    "adpcm_ima_wav",
    "adpcm_ima_qt",
    "adpcm_swf",
    "qdm2",
    "mace3",
    "mace6",
    "nellymoser",
    "speex",
    "s302m",
    "pcm_alaw",
    "pcm_mulaw",
    "pcm_bluray",
    "pcm_dvd",
    "pcm_u8",
    "pcm_s8",
    "pcm_s16le",
    "pcm_s16be",
    "pcm_u16le",
    "pcm_u16be",
    "pcm_s24le",
    "pcm_s24be",
    "pcm_s24daud",
    "pcm_s32le",
    "pcm_s32be",
    "pcm_f32le",
    "pcm_f32be",
    "pcm_f64le",
    "pcm_f64be",
    "pcm_s16le_planar",
    "pcm_s16be_planar",
    "pcm_s24le_planar",
    "pcm_s32le_planar",
    "pcm_lxf",
    "pcm_f16le",
    "pcm_f24le",
];

/// Whether the demuxer with this libavformat name (`mov,mp4,m4a,3gp,3g2,mj2`) is allowed.
pub(super) fn is_container(name: &str) -> bool {
    name.split(',').any(|part| DEMUXERS.contains(&part))
}

/// Whether the decoder that FFmpeg would choose for a codec is allowed.
pub(super) fn is_decodable(id: codec::Id) -> bool {
    codec::decoder::find(id).is_some_and(|decoder| DECODERS.contains(&decoder.name()))
}

/// Returns the reason why a file of this format is refused, for the editor. `name` is libavformat's guess, `long_name` its description
/// and `head` the file's first bytes, by which this function recognises formats that FFmpeg does not.
pub(super) fn refusal(name: Option<&str>, long_name: &str, head: &[u8]) -> Reason {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let name = name.and_then(|name| name.split(',').next()).unwrap_or_default();
    if name == "hls" || text.starts_with("#EXTM3U") {
        ReasonCode::FileIsHls.into()
    } else if name == "concat" || text.starts_with("ffconcat") {
        ReasonCode::FileIsConcat.into()
    } else if matches!(name, "dash" | "webm_dash_manifest") || text.contains("<MPD") {
        ReasonCode::FileIsDash.into()
    } else if name == "imf" || text.contains("<CompositionPlaylist") {
        ReasonCode::FileIsImf.into()
    } else if matches!(name, "sdp" | "rtsp" | "rtp" | "sap") || text.starts_with("v=0") {
        ReasonCode::FileIsSdp.into()
    } else if is_image(name, head) {
        ReasonCode::FileIsImage.with("format", image_name(name, long_name))
    } else if SUBTITLES.contains(&name) || text.starts_with("WEBVTT") {
        ReasonCode::FileIsSubtitles.into()
    } else if matches!(name, "h264" | "hevc" | "m4v" | "mpegvideo" | "vc1" | "av1" | "obu" | "ivf") {
        ReasonCode::FileIsBareVideo.with("format", long_name)
    } else if AUDIO_ONLY.contains(&name) {
        ReasonCode::FileIsAudio.with("format", long_name)
    } else if head.starts_with(b"%PDF") {
        ReasonCode::FileIsPdf.into()
    } else if head.starts_with(b"PK\x03\x04") {
        ReasonCode::FileIsZip.into()
    } else if is_text(head) {
        ReasonCode::FileIsText.into()
    } else if name.is_empty() {
        ReasonCode::FormatUnknown.into()
    } else {
        ReasonCode::FormatNotAccepted.with("format", long_name)
    }
}

const SUBTITLES: &[&str] = &[
    "srt",
    "ass",
    "webvtt",
    "microdvd",
    "subviewer",
    "subviewer1",
    "sami",
    "realtext",
    "jacosub",
    "mpl2",
    "mpsub",
    "pjs",
    "stl",
    "vplayer",
    "scc",
    "mcc",
    "lrc",
    "sup",
    "vobsub",
    "tedcaptions",
    "aqtitle",
    "dvbsub",
    "dvbtxt",
];

const AUDIO_ONLY: &[&str] = &[
    "caf", "au", "ape", "dts", "dtshd", "amr", "amrnb", "amrwb", "truehd", "mlp", "tta", "wv", "mpc", "mpc8",
    "loas", "voc", "dsf", "spdif", "tak", "shn", "oma",
];

fn is_image(name: &str, head: &[u8]) -> bool {
    let signatures: &[&[u8]] = &[b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*"];
    name.ends_with("_pipe")
        || matches!(name, "image2" | "image2pipe" | "gif" | "apng" | "ico" | "mjpeg" | "mpjpeg")
        || name.is_empty() && signatures.iter().any(|signature| head.starts_with(signature))
}

/// Returns the usual name of an image format ("PNG"), for which FFmpeg's description is "piped png sequence".
fn image_name(name: &str, long_name: &str) -> String {
    match name.strip_suffix("_pipe").unwrap_or(name) {
        "mjpeg" | "image2" => "JPEG".to_owned(),
        "" => long_name.to_owned(),
        short => short.to_uppercase(),
    }
}

fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => head.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => return false,
    };
    valid > 0 && !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
}

#[cfg(test)]
mod tests {
    use super::{is_container, refusal};

    #[test]
    fn a_refusal_names_the_format_of_the_file() {
        for (name, head, expected) in [
            (
                Some("hls"),
                "#EXTM3U\n",
                "This file is an HLS playlist, a list of addresses rather than a film. Upload the film itself.",
            ),
            (
                None,
                "\u{feff}#EXTM3U\n",
                "This file is an HLS playlist, a list of addresses rather than a film. Upload the film itself.",
            ),
            (
                Some("concat"),
                "ffconcat version 1.0",
                "This file is a concat script, a list of files rather than a film. Upload the film itself.",
            ),
            (
                Some("sdp"),
                "v=0\r\n",
                "This file is a session description (SDP), the address of a broadcast rather than a film. Upload the film itself.",
            ),
            (Some("png_pipe"), "", "This file is a still image (PNG), not a film. Upload the film itself."),
            (Some("srt"), "1\n00:00", "This file is a subtitle file, not a film. Upload the film itself."),
            (
                Some("h264"),
                "",
                "This file is a bare video stream (long) without timestamps. Put it into an MP4 or Matroska file first.",
            ),
            (
                Some("ape"),
                "",
                "This file is audio only (long). For a film, upload the file that contains its video; for a dub, upload WAV, FLAC, AAC or AC-3.",
            ),
            (None, "ສະບາຍດີ", "This file is a text file, not a film. Upload the film itself."),
            (Some("tty"), "hello", "This file is a text file, not a film. Upload the film itself."),
        ] {
            assert_eq!(refusal(name, "long", head.as_bytes()).to_string(), expected);
        }
    }

    #[test]
    fn only_containers_that_refer_to_no_other_files_are_allowed() {
        for name in ["mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mxf", "dv", "wav", "flac", "ac3"]
        {
            assert!(is_container(name), "{name}");
        }
        for name in ["hls", "concat", "dash", "imf", "sdp", "image2", "lavfi", "h264", "tty", ""] {
            assert!(!is_container(name), "{name}");
        }
    }
}
