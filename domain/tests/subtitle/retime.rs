//! Cues for another version of the film.

use domain::{
    ratio::Ratio,
    subtitle::{Cue, CueText, Retime, RetimeError},
};

fn ratio(num: i64, den: i64) -> Ratio {
    Ratio::new(num, den).unwrap()
}

fn cue(start_ms: u64, end_ms: u64) -> Cue {
    Cue { start_ms, end_ms, text: CueText::plain_text("a"), ..Cue::default() }
}

fn times(cues: &[Cue]) -> Vec<(u64, u64)> {
    cues.iter().map(|cue| (cue.start_ms, cue.end_ms)).collect()
}

#[test]
fn frame_rates_change_times_exactly() {
    let retime = Retime::frame_rates(ratio(25, 1), ratio(24_000, 1001)).unwrap();
    assert_eq!(retime.rate, ratio(1001, 960));
    // 3 h at 25 fps are 270,000 frames.
    assert_eq!(retime.time(10_800_000), 11_261_250);
    let back = Retime::frame_rates(ratio(24_000, 1001), ratio(25, 1)).unwrap();
    assert_eq!(back.time(11_261_250), 10_800_000);
    assert_eq!(Retime::frame_rates(ratio(0, 1), ratio(25, 1)), None);
    assert_eq!(Retime::frame_rates(ratio(25, 1), ratio(-25, 1)), None);
}

#[test]
fn halves_are_rounded_away_from_zero() {
    let half = Retime { rate: ratio(1, 2), shift_ms: 0 };
    assert_eq!([1, 2, 3, 5].map(|ms| half.time(ms)), [1, 1, 2, 3]);
    let negative = Retime { rate: ratio(1, 2), shift_ms: -10 };
    assert_eq!([1, 3, 4].map(|ms| negative.time(ms)), [-10, -9, -8]);
}

#[test]
fn the_shift_is_added_after_the_rate() {
    let retime = Retime { rate: ratio(2, 1), shift_ms: 500 };
    let (cues, warnings) = retime.apply(&[cue(1_000, 2_000)], None).unwrap();
    assert_eq!(times(&cues), [(2_500, 4_500)]);
    assert!(warnings.first.is_empty());
}

#[test]
fn cues_before_the_film_are_cut_or_dropped() {
    let retime = Retime { rate: ratio(1, 1), shift_ms: -1_500 };
    let (cues, warnings) =
        retime.apply(&[cue(0, 1_500), cue(1_000, 2_000), cue(1_500, 3_000)], None).unwrap();
    assert_eq!(times(&cues), [(0, 500), (0, 1_500)]);
    let warnings: Vec<_> = warnings.first.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "cue 1: the cue would end before the film starts; it was dropped",
            "cue 2: the cue would start before the film; its start was cut to 0"
        ]
    );
}

#[test]
fn cues_after_the_film_are_cut_or_dropped() {
    let retime = Retime { rate: ratio(1, 1), shift_ms: 1_000 };
    let (cues, warnings) =
        retime.apply(&[cue(0, 1_000), cue(8_000, 9_001), cue(9_000, 9_500)], Some(10_000)).unwrap();
    assert_eq!(times(&cues), [(1_000, 2_000), (9_000, 10_000)]);
    let warnings: Vec<_> = warnings.first.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "cue 2: the cue would end after the film's end; it was cut there",
            "cue 3: the cue would start after the film's end; it was dropped"
        ]
    );
    let late = Retime { rate: ratio(i64::MAX, 1), shift_ms: i64::MAX };
    assert_eq!(late.apply(&[cue(1, 2)], Some(10_000)).unwrap().0, []);
}

#[test]
fn cues_after_24_hours_and_odd_rates_are_refused() {
    let late = Retime { rate: ratio(100, 1), shift_ms: 0 };
    assert_eq!(late.apply(&[cue(0, 1), cue(0, 3_600_000)], None), Err(RetimeError::TooLate { cue: 2 }));
    let shifted = Retime { rate: ratio(1, 1), shift_ms: i64::MAX };
    assert_eq!(shifted.apply(&[cue(0, 1)], None), Err(RetimeError::TooLate { cue: 1 }));
    for rate in [ratio(0, 1), ratio(-1, 1)] {
        assert_eq!(Retime { rate, shift_ms: 0 }.apply(&[], None), Err(RetimeError::Rate));
    }
    let extreme = Retime { rate: ratio(i64::MAX, i64::MAX - 1), shift_ms: i64::MIN };
    assert!(extreme.time(u64::MAX) > 0);
    let tiny = Retime { rate: ratio(1, 100_000), shift_ms: 0 };
    let (cues, warnings) = tiny.apply(&[cue(1_000_000, 1_000_100)], None).unwrap();
    assert_eq!((cues.len(), warnings.first.len()), (0, 1));
}
