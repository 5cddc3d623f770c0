//! Corrections of single cues.

use domain::subtitle::{Cue, CueError, CueText, EditError, MAX_CUES, delete_cue, insert_cue, replace_cue};

fn cue(start_ms: u64, end_ms: u64, text: &str) -> Cue {
    Cue { start_ms, end_ms, text: CueText::plain_text(text), ..Cue::default() }
}

fn starts(cues: &[Cue]) -> Vec<u64> {
    cues.iter().map(|cue| cue.start_ms).collect()
}

fn three() -> Vec<Cue> {
    vec![cue(1_000, 2_000, "a"), cue(3_000, 4_000, "b"), cue(5_000, 6_000, "c")]
}

#[test]
fn a_replaced_cue_moves_to_its_place() {
    let mut cues = three();
    assert_eq!(replace_cue(&mut cues, 0, cue(5_500, 7_000, "a"), None), Ok(2));
    assert_eq!(starts(&cues), [3_000, 5_000, 5_500]);
    assert_eq!(replace_cue(&mut cues, 1, cue(5_000, 6_000, "ດີ"), None), Ok(1));
    assert_eq!(cues[1].text.to_plain(), "ດີ");
}

#[test]
fn cues_are_inserted_in_order_and_deleted() {
    let mut cues = three();
    assert_eq!(insert_cue(&mut cues, cue(3_000, 3_500, "x"), None), Ok(2));
    assert_eq!(insert_cue(&mut cues, cue(0, 500, "y"), None), Ok(0));
    assert_eq!(starts(&cues), [0, 1_000, 3_000, 3_000, 5_000]);
    assert_eq!(delete_cue(&mut cues, 0), Ok(cue(0, 500, "y")));
    assert_eq!(delete_cue(&mut cues, 9), Err(EditError::NoCue { index: 9 }));
    assert_eq!(EditError::NoCue { index: 9 }.to_string(), "the subtitle has no cue 10: load it again");
}

#[test]
fn a_refused_correction_changes_nothing() {
    let before = three();
    for (new, error) in [
        (cue(2_000, 1_000, "x"), EditError::Cue(CueError::EndsBeforeStart)),
        (cue(2_000, 2_000, "x"), EditError::Cue(CueError::ZeroLength)),
        (cue(2_000, 86_400_001, "x"), EditError::Cue(CueError::TooLate)),
        (cue(2_000, 3_000, " \u{200b}\n"), EditError::Cue(CueError::Blank)),
        (cue(2_000, 3_000, &"x".repeat(5_001)), EditError::Cue(CueError::TooLong)),
        (cue(9_000, 10_001, "x"), EditError::AfterFilm),
        (cue(5_000, 6_000, "c"), EditError::Duplicate { index: 2 }),
    ] {
        let mut cues = before.clone();
        assert_eq!(replace_cue(&mut cues, 0, new.clone(), Some(10_000)), Err(error));
        assert_eq!(insert_cue(&mut cues, new, Some(10_000)), Err(error));
        assert_eq!(cues, before);
    }
    let mut cues = before.clone();
    assert_eq!(replace_cue(&mut cues, 3, cue(1, 2, "x"), None), Err(EditError::NoCue { index: 3 }));
    assert_eq!(replace_cue(&mut cues, 0, cue(1_000, 2_000, "a"), None), Ok(0));
}

#[test]
fn a_full_subtitle_takes_no_more_cues() {
    let mut cues: Vec<_> = (0..MAX_CUES as u64).map(|at| cue(at * 1_000, at * 1_000 + 500, "a")).collect();
    assert_eq!(insert_cue(&mut cues, cue(1, 2, "x"), None), Err(EditError::TooMany));
}
