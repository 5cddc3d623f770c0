//! Static gains from measured loudness (EBU R 128).

use crate::{
    plan::{Level, Loudness, Plan},
    profile::LoudnessProfile,
};

/// Maximum true peak of an encoded mix, in dBTP.
const TRUE_PEAK_CEILING_DBTP: f64 = -1.5;
/// AAC changes the waveform, so peaks of decoded audio may be higher than those of the mix. The ceiling for the mix is lower by this.
const CODING_HEADROOM_DB: f64 = 0.5;

/// Measurements do not fit a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the measured audio tracks are not those of the plan; encode the film again")]
pub struct MeasurementError;

/// Adds the measured loudness to a plan, and the gains that follow from it. `measured` has the loudness of each mix of each audio track,
/// in the plan's order.
pub fn measured(
    mut plan: Plan,
    profile: &LoudnessProfile,
    measured: &[Vec<Loudness>],
) -> Result<Plan, MeasurementError> {
    let fits = plan.audio.len() == measured.len()
        && plan.audio.iter().zip(measured).all(|(track, loudness)| track.mixes.len() == loudness.len());
    if !fits {
        return Err(MeasurementError);
    }
    for (track, loudness) in plan.audio.iter_mut().zip(measured) {
        for (mix, loudness) in track.mixes.iter_mut().zip(loudness) {
            mix.level = Some(level(profile, *loudness));
        }
    }
    Ok(plan)
}

/// The gain brings a mix to the target, or as near to it as the true peak permits. Silence gets none.
fn level(profile: &LoudnessProfile, loudness: Loudness) -> Level {
    let wanted_db = match loudness.integrated_lufs {
        Some(integrated_lufs) if profile.normalize => profile.target_lufs - integrated_lufs,
        _ => 0.0,
    };
    let ceiling_db = loudness
        .true_peak_dbtp
        .map_or(f64::INFINITY, |peak_dbtp| TRUE_PEAK_CEILING_DBTP - CODING_HEADROOM_DB - peak_dbtp);
    // Without normalization, a mix keeps its own peaks as long as they do not clip.
    let is_limited = ceiling_db < wanted_db && (profile.normalize || clips(&loudness));
    let db = if is_limited { ceiling_db } else { wanted_db };
    // Hundredths are enough, and keep records readable. Rounded down, so that the peak stays below its ceiling.
    Level { loudness, gain_db: (db * 100.0).floor() / 100.0, is_limited }
}

fn clips(loudness: &Loudness) -> bool {
    loudness.true_peak_dbtp.is_some_and(|peak_dbtp| peak_dbtp > 0.0)
}

#[cfg(test)]
mod tests {
    use super::{Loudness, LoudnessProfile, level};

    fn loudness(integrated_lufs: f64, true_peak_dbtp: f64) -> Loudness {
        Loudness {
            integrated_lufs: Some(integrated_lufs),
            range_lu: 8.0,
            true_peak_dbtp: Some(true_peak_dbtp),
        }
    }

    fn gain(profile: &LoudnessProfile, loudness: Loudness) -> (f64, bool) {
        let level = level(profile, loudness);
        assert_eq!(level.loudness, loudness);
        (level.gain_db, level.is_limited)
    }

    #[test]
    fn a_mix_is_brought_to_the_target_unless_its_peak_forbids_it() {
        let profile = LoudnessProfile::default();
        for (integrated, peak, db, is_limited) in [
            (-23.0, -10.0, 0.0, false),
            (-16.0, -0.1, -7.0, false),
            (-31.25, -20.0, 8.25, false),
            (-30.0, -5.0, 3.0, true),
            (-27.0, -2.0, 0.0, true),
            (-23.0, 0.5, -2.5, true),
        ] {
            assert_eq!(gain(&profile, loudness(integrated, peak)), (db, is_limited), "{integrated}");
        }
    }

    #[test]
    fn silence_gets_no_gain() {
        let profile = LoudnessProfile::default();
        let silent = Loudness { integrated_lufs: None, range_lu: 0.0, true_peak_dbtp: None };
        assert_eq!(gain(&profile, silent), (0.0, false));
        let nearly = Loudness { true_peak_dbtp: Some(-75.0), ..silent };
        assert_eq!(gain(&profile, nearly), (0.0, false));
    }

    #[test]
    fn without_normalization_only_clipping_is_prevented() {
        let profile = LoudnessProfile { normalize: false, ..LoudnessProfile::default() };
        assert_eq!(gain(&profile, loudness(-14.0, -0.2)), (0.0, false));
        assert_eq!(gain(&profile, loudness(-14.0, 3.0)), (-5.0, true));
    }
}
