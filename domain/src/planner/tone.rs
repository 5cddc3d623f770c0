//! Which masters are converted to SDR BT.709, and how.

use crate::{
    facts::{ColorFacts, LightFacts, VideoFacts},
    plan::Tone,
    reason::{Reason, ReasonCode},
    tone::{CinemaWhite, Input, Matrix, P3Transfer, Transform},
};

/// Brightness that content may have. HDR below is not worth a conversion of its own, and no display shows more.
const NITS: std::ops::RangeInclusive<u32> = 400..=10_000;
/// Peak of PQ content of which nothing is known: most is graded on such displays.
const USUAL_NITS: u32 = 1000;
/// Bits of the samples that the conversion reads; the scaler makes them.
const BITS: u8 = 10;

/// Returns the conversion of a video track; `None` if its colours are those of ordinary screens.
pub(super) fn tone(video: &VideoFacts) -> Option<Tone> {
    if video.pixel_format.starts_with("xyz") {
        let input = Input { matrix: Matrix::Rgb, full_range: true, bit_depth: 12 };
        return Some(Tone { transform: Transform::CinemaXyz { white: CinemaWhite::default() }, input });
    }
    let transform = transform(&video.color, video.light.unwrap_or_default())?;
    let matrix = match transform {
        Transform::P3 { .. } => Matrix::Bt709,
        _ => Matrix::Bt2020,
    };
    Some(Tone { transform, input: Input { matrix, full_range: false, bit_depth: BITS } })
}

fn transform(color: &ColorFacts, light: LightFacts) -> Option<Transform> {
    let transfer = color.transfer.as_deref();
    match (transfer, color.primaries.as_deref()) {
        (Some("smpte2084"), _) => Some(Transform::Pq { peak_nits: peak_nits(light).0 }),
        (Some("arib-std-b67"), _) => Some(Transform::Hlg),
        (_, Some("bt2020")) => Some(Transform::Bt2020Sdr),
        (_, Some("smpte431" | "smpte432")) => Some(Transform::P3 {
            transfer: match transfer {
                Some("iec61966-2-1") => P3Transfer::Srgb,
                Some("smpte428") => P3Transfer::Gamma26,
                _ => P3Transfer::Bt1886,
            },
        }),
        _ => None,
    }
}

/// Where the peak of PQ content is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PeakSource {
    MaxCll,
    MasteringDisplay,
    Frames,
    Assumed,
}

/// The peak of PQ content: `MaxCLL` if it is possible on the mastering display, else the display's, else the brightest sampled frame's.
fn peak_nits(light: LightFacts) -> (u32, PeakSource) {
    let possible = |nits: &u32| *nits > 0 && *nits <= *NITS.end();
    let fits_display =
        |nits: &u32| light.mastering_nits.is_none_or(|display| *nits <= display.saturating_mul(2));
    let (nits, source) = if let Some(nits) = light.max_cll_nits.filter(possible).filter(fits_display) {
        (nits, PeakSource::MaxCll)
    } else if let Some(nits) = light.mastering_nits.filter(possible) {
        (nits, PeakSource::MasteringDisplay)
    } else if let Some(nits) = light.sampled_nits.filter(possible) {
        // The brightest frame is probably another one.
        (nits.max(USUAL_NITS), PeakSource::Frames)
    } else {
        (USUAL_NITS, PeakSource::Assumed)
    };
    (nits.clamp(*NITS.start(), *NITS.end()), source)
}

/// Returns what an editor should know of the conversion.
pub(super) fn note(video: &VideoFacts) -> Option<Reason> {
    Some(match tone(video)?.transform {
        Transform::Pq { peak_nits: nits } => {
            let (_, source) = peak_nits(video.light.unwrap_or_default());
            let code = match source {
                PeakSource::MaxCll | PeakSource::MasteringDisplay => ReasonCode::NoteHdrPq,
                PeakSource::Frames => ReasonCode::NoteHdrPqMeasured,
                PeakSource::Assumed => ReasonCode::NoteHdrPqAssumed,
            };
            code.with("nits", nits)
        }
        Transform::Hlg => ReasonCode::NoteHdrHlg.into(),
        Transform::Bt2020Sdr => ReasonCode::NoteWideGamut.with("primaries", "BT.2020"),
        Transform::P3 { .. } => ReasonCode::NoteWideGamut.with("primaries", "P3"),
        Transform::CinemaXyz { .. } => ReasonCode::NoteCinemaColors.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::{LightFacts, PeakSource, peak_nits};

    #[test]
    fn the_peak_comes_from_the_best_source() {
        let light = |max_cll_nits, mastering_nits, sampled_nits| LightFacts {
            max_cll_nits,
            mastering_nits,
            sampled_nits,
        };
        for (light, expected) in [
            (light(Some(800), Some(1000), Some(500)), (800, PeakSource::MaxCll)),
            (light(Some(0), Some(1000), Some(500)), (1000, PeakSource::MasteringDisplay)),
            (light(Some(9000), Some(1000), None), (1000, PeakSource::MasteringDisplay)),
            (light(Some(120), None, None), (400, PeakSource::MaxCll)),
            (light(None, Some(4_000_000), Some(2500)), (2500, PeakSource::Frames)),
            (light(None, None, Some(300)), (1000, PeakSource::Frames)),
            (light(None, None, None), (1000, PeakSource::Assumed)),
        ] {
            assert_eq!(peak_nits(light), expected, "{light:?}");
        }
    }
}
