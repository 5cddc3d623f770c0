//! Files at the limits, which would be too large for the corpus.

use std::fmt::Write as _;

use domain::subtitle::{MAX_BYTES, MAX_CUES, MAX_LINES, ReadOptions, Refusal, read, read_text};

fn srt(cues: usize) -> String {
    (0..cues).fold(String::new(), |mut text, at| {
        let (minutes, seconds) = (at / 60 % 60, at % 60);
        let (hours, number) = (at / 3600, at + 1);
        write!(text, "{number}\n{hours:02}:{minutes:02}:{seconds:02},000 --> {hours:02}:{minutes:02}:{seconds:02},900\nຂໍ້ຄວາມ\n\n").unwrap();
        text
    })
}

#[test]
fn twenty_thousand_cues_are_accepted_and_one_more_is_not() {
    let options = ReadOptions::default();
    let accepted = read_text(&srt(MAX_CUES), &options).unwrap();
    assert_eq!((accepted.cues.len(), accepted.warnings.first.len()), (MAX_CUES, 0));
    let refusal = read_text(&srt(MAX_CUES + 1), &options).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "line 80002: the file has more than 20000 cues: split it, or check what it is"
    );
    let webvtt = domain::subtitle::write_webvtt(&accepted.cues) + "\nNOTE end\n";
    assert_eq!(read_text(&webvtt, &options).unwrap().cues, accepted.cues);
    let refusal = read_text(&(webvtt + "\n23:00:00.000 --> 23:00:01.000\nx\n"), &options).unwrap_err();
    assert!(matches!(refusal, Refusal::Lines(errors) if errors.count == 1));
}

#[test]
fn a_file_above_ten_megabytes_is_refused() {
    let mut file = vec![0; MAX_BYTES];
    assert!(matches!(read(&file, &ReadOptions::default()), Err(Refusal::Binary { .. })));
    file.push(0);
    let refusal = read(&file, &ReadOptions::default()).unwrap_err();
    assert_eq!(refusal.to_string(), "the file has 10000001 bytes; the limit is 10000000");
}

#[test]
fn a_file_of_line_ends_is_refused() {
    let mut file = srt(1).into_bytes();
    file.resize(file.len() + MAX_LINES, b'\n');
    assert_eq!(read(&file, &ReadOptions::default()), Err(Refusal::TooManyLines));
}

#[test]
fn at_most_twenty_errors_are_listed() {
    let text = "1\n00:00:02,000 --> 00:00:01,000\nx\n\n".repeat(23);
    let Refusal::Lines(errors) = read_text(&text, &ReadOptions::default()).unwrap_err() else { panic!() };
    assert_eq!((errors.first.len(), errors.count), (20, 23));
    assert!(errors.to_string().ends_with("\nand 3 more"));
    assert_eq!(errors.first[1].line, 6);
}

#[test]
fn deep_nesting_and_long_lines_do_not_overflow() {
    let tags = "<i><b><ruby><v x>".repeat(50_000);
    let text = format!("1\n00:00:01,000 --> 00:00:02,000\n{tags}x\n");
    assert_eq!(read_text(&text, &ReadOptions::default()).unwrap().cues[0].text.to_plain(), "x");
    let open = "<".repeat(200_000) + &"{".repeat(200_000) + &"&".repeat(200_000);
    let text = format!("1\n00:00:01,000 --> 00:00:02,000\n{open}\n");
    assert!(matches!(read_text(&text, &ReadOptions::default()), Err(Refusal::Lines(_))));
}
