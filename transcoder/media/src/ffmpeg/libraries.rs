//! The versions of the libraries that this process uses.

use std::ptr;

use domain::libraries::Libraries;
use ffmpeg_next::{Error, Packet, codec, ffi, format, frame, software};

use super::{
    c_text::c_text,
    fail::{check, out_of_memory},
    log,
    options::Options,
    video_encoder::receive_packet,
};
use crate::error::MediaError;

const ASKING: &str = "asking x264 for its version";

/// Returns the versions of the libraries that determine a build's bytes.
pub fn libraries() -> Result<Libraries, MediaError> {
    log::install();
    let version = |packed: u32| format!("{}.{}.{}", packed >> 16, (packed >> 8) & 0xff, packed & 0xff);
    // SAFETY: returns a static C string.
    let ffmpeg = unsafe { c_text(ffi::av_version_info()) };
    // SAFETY: returns a number.
    let filter = unsafe { ffi::avfilter_version() };
    let versions = [
        ("ffmpeg", ffmpeg),
        ("libavcodec", version(codec::version())),
        ("libavfilter", version(filter)),
        ("libavformat", version(format::version())),
        ("libswresample", version(software::resampling::version())),
        ("libswscale", version(software::scaling::version())),
        ("libx264", x264_version()?),
    ];
    Ok(Libraries(versions.map(|(name, version)| (name.to_owned(), version)).into()))
}

/// Returns the version of x264. x264 has no function for it, but writes it into the first frame of every encode, so this function
/// encodes one small frame, which takes about a millisecond.
fn x264_version() -> Result<String, MediaError> {
    let codec = codec::encoder::find_by_name("libx264")
        .ok_or(Error::EncoderNotFound)
        .map_err(MediaError::while_doing(ASKING))?;
    let mut context = codec::Context::new_with_codec(codec);
    // SAFETY: the context was just allocated for this codec and is not open; all are fields that callers set.
    unsafe {
        let c = context.as_mut_ptr();
        if c.is_null() {
            return Err(out_of_memory(ASKING));
        }
        ((*c).width, (*c).height) = (16, 16);
        (*c).pix_fmt = ffi::AVPixelFormat::AV_PIX_FMT_YUV420P;
        (*c).time_base = ffi::AVRational { num: 1, den: 25 };
        (*c).thread_count = 1;
    }
    Options::of(&[("preset", "ultrafast"), ("tune", "zerolatency")]).consume(|options| {
        // SAFETY: an allocated, unopened context of this codec; the dictionary pointer is valid.
        check(unsafe { ffi::avcodec_open2(context.as_mut_ptr(), ptr::null(), options) }, ASKING)
    })?;
    let mut frame = frame::Video::new(format::Pixel::YUV420P, 16, 16);
    if frame.planes() != 3 {
        return Err(out_of_memory(ASKING));
    }
    (0..3).for_each(|plane| frame.data_mut(plane).fill(0x80));
    frame.set_pts(Some(0));
    // SAFETY: an open encoder and a valid frame of its size and format; null means the end.
    unsafe {
        check(ffi::avcodec_send_frame(context.as_mut_ptr(), frame.as_ptr()), ASKING)?;
        check(ffi::avcodec_send_frame(context.as_mut_ptr(), ptr::null()), ASKING)?;
    }
    let packet = receive_packet(&mut context)?;
    let written = packet.as_ref().and_then(Packet::data).and_then(version_in);
    written.ok_or_else(|| MediaError::Plan("this build of x264 does not write its version".to_owned()))
}

/// Returns `164 r3108 31e19f9` from `x264 - core 164 r3108 31e19f9 - H.264/MPEG-4 AVC codec`.
fn version_in(packet: &[u8]) -> Option<String> {
    const BEFORE: &[u8] = b"x264 - core ";
    let at = packet.windows(BEFORE.len()).position(|window| window == BEFORE)?;
    let text = &packet[at + BEFORE.len()..];
    let end = text.windows(3).take(64).position(|window| window == b" - ")?;
    std::str::from_utf8(&text[..end]).ok().filter(|text| text.is_ascii()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{libraries, version_in};

    #[test]
    fn every_library_has_a_version() {
        let libraries = libraries().unwrap();
        assert!(libraries.are_plausible(), "{libraries}");
        assert_eq!(libraries.0.len(), 7);
        let x264 = &libraries.0["libx264"];
        assert!(x264.split(' ').next().unwrap().parse::<u32>().is_ok(), "{x264}");
    }

    #[test]
    fn the_version_of_x264_is_read_from_its_first_packet() {
        let packet = b"\x06\x05x264 - core 164 r3108 31e19f9 - H.264/MPEG-4 AVC codec - Copyleft";
        assert_eq!(version_in(packet).as_deref(), Some("164 r3108 31e19f9"));
        assert_eq!(version_in(b"x264 - core "), None);
        assert_eq!(version_in(b""), None);
    }
}
