//! Measures the loudness of an audio track (EBU R 128): each mix as it would be encoded without a gain.

use domain::{
    child::Analysed,
    plan::{AudioTrack, Loudness, Plan},
};
use ebur128::{EbuR128, Mode};

use super::{audio_source, input::Input};
use crate::error::MediaError;

/// Decodes the track and measures its mixes.
pub fn analyse(input: Input, plan: &Plan, track: &AudioTrack) -> Result<Analysed, MediaError> {
    let failed =
        |error: ebur128::Error| MediaError::Plan(format!("the loudness cannot be measured: {error}"));
    let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK;
    let meter = |channels| EbuR128::new(channels, track.sample_rate_hz, mode).map_err(failed);
    let mut meters =
        track.mixes.iter().map(|mix| meter(mix.channels)).collect::<Result<Vec<EbuR128>, MediaError>>()?;
    audio_source::decode(input, plan, track, &mut |mix, samples| {
        let channels: Vec<&[f32]> = samples.iter().map(Vec::as_slice).collect();
        meters[mix].add_frames_planar_f32(&channels).map_err(failed)
    })?;
    let loudness = meters.iter().map(|meter| read(meter).map_err(failed)).collect::<Result<_, _>>()?;
    Ok(Analysed { loudness })
}

fn read(meter: &EbuR128) -> Result<Loudness, ebur128::Error> {
    let mut peak = 0.0_f64;
    for channel in 0..meter.channels() {
        peak = peak.max(meter.true_peak(channel)?);
    }
    let finite = |value: f64| value.is_finite().then_some(hundredths(value));
    Ok(Loudness {
        integrated_lufs: finite(meter.loudness_global()?),
        range_lu: hundredths(meter.loudness_range()?),
        true_peak_dbtp: finite(20.0 * peak.log10()),
    })
}

/// Rounds to hundredths: meters do not agree on more, and records stay readable.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
