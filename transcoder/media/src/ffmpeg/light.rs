//! How bright HDR content is, according to the metadata of its frames and to the frames themselves.

use domain::{facts::LightFacts, tone::pq};
use ffmpeg_next::{ffi, format::Pixel, frame};

/// Share of a frame's samples that may be brighter than the peak that counts: sparkles and noise.
const BRIGHTER_SHARE: usize = 2_000;

/// Returns what the first frame states.
pub(super) fn stated(frame: &frame::Video) -> LightFacts {
    use ffi::AVFrameSideDataType::{
        AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA,
    };
    // `AVContentLightMetadata` and `AVMasteringDisplayMetadata` in libavutil/mastering_display_metadata.h, which the bindings lack: two
    // numbers; and ten ratios of two numbers (primaries, white, minimum and maximum luminance) before two flags.
    const MAX_CLL: usize = 0;
    const MAX_LUMINANCE: usize = 18;
    const HAS_LUMINANCE: usize = 21;
    let light = numbers(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, 2);
    let display = numbers(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA, 22);
    let positive = |nits: i32| u32::try_from(nits).ok().filter(|nits| *nits > 0);
    LightFacts {
        max_cll_nits: light.and_then(|light| positive(light[MAX_CLL])),
        mastering_nits: display
            .filter(|display| display[HAS_LUMINANCE] != 0)
            .and_then(|display| positive(display[MAX_LUMINANCE].checked_div(display[MAX_LUMINANCE + 1])?)),
        sampled_nits: None,
    }
}

/// Returns the first numbers of a frame's side data.
fn numbers(frame: &frame::Video, kind: ffi::AVFrameSideDataType, count: usize) -> Option<Vec<i32>> {
    // SAFETY: a valid frame; FFmpeg returns null or side data whose `size` bytes belong to the frame.
    let bytes = unsafe {
        let side = ffi::av_frame_get_side_data(frame.as_ptr(), kind).as_ref()?;
        std::slice::from_raw_parts(side.data, side.size)
    };
    let numbers = bytes.as_chunks::<4>().0.get(..count)?;
    Some(numbers.iter().map(|bytes| i32::from_ne_bytes(*bytes)).collect())
}

/// Returns the luminance of the brightest luma of a PQ frame, in cd/m²; `None` for formats other than the usual ones of HDR.
pub(super) fn brightest_nits(frame: &frame::Video) -> Option<u32> {
    if !matches!(frame.format(), Pixel::YUV420P10LE | Pixel::YUV422P10LE | Pixel::YUV444P10LE) {
        return None;
    }
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let mut counts = vec![0_usize; 1024];
    for row in frame.data(0).chunks(frame.stride(0)).take(height) {
        for sample in row[..2 * width].as_chunks::<2>().0 {
            counts[usize::from(u16::from_le_bytes(*sample) & 1023)] += 1;
        }
    }
    let mut brighter = 0;
    let brightest = counts.iter().rposition(|count| {
        brighter += count;
        brighter > width * height / BRIGHTER_SHARE
    })?;
    // Limited range (ITU-R BT.2100-3 Table 9): 64 is black, 940 the peak.
    let signal = f64::from(u16::try_from(brightest).unwrap_or(0).saturating_sub(64)) / 876.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000")]
    Some(pq::to_nits(signal.min(1.0)).round() as u32)
}
