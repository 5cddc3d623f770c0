//! Subtitles of packages.

use std::fmt::Write as _;

use domain::{
    dcp::{DocumentError, MAX_SUBTITLE_BYTES},
    language::Language,
    subtitle::{DcpSubtitle, DcpSubtitleError, MAX_CUES, ReelPlacement, read_dcp_subtitle, write_webvtt},
};

const WHOLE: ReelPlacement = ReelPlacement { start_ms: 0, entry_ms: 0, duration_ms: 3_600_000 };

fn read(text: &str, placement: ReelPlacement) -> Result<DcpSubtitle, DcpSubtitleError> {
    read_dcp_subtitle(text.as_bytes(), placement, None)
}

fn warnings(subtitle: &DcpSubtitle) -> Vec<String> {
    subtitle.warnings.first.iter().map(ToString::to_string).collect()
}

/// Start, end, layout and text of each cue.
fn cues(subtitle: &DcpSubtitle) -> Vec<(u64, u64, String, String)> {
    let cues = subtitle.cues.iter();
    cues.map(|cue| (cue.start_ms, cue.end_ms, cue.layout.to_string(), cue.text.to_webvtt())).collect()
}

fn cue(start_ms: u64, end_ms: u64, layout: &str, text: &str) -> (u64, u64, String, String) {
    (start_ms, end_ms, layout.to_owned(), text.to_owned())
}

const INTEROP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DCSubtitle Version="1.0">
  <SubtitleID>urn:uuid:00000000-0000-4000-8000-000000000009</SubtitleID>
  <MovieTitle>ທົດລອງ</MovieTitle>
  <ReelNumber>2</ReelNumber>
  <Language>Lao</Language>
  <LoadFont Id="Font1" URI="font.ttf"/>
  <Font Id="Font1" Color="FFFFFFFF" Effect="border" EffectColor="FF000000" Italic="no" Size="42" Weight="normal">
    <Subtitle SpotNumber="1" TimeIn="00:00:05:000" TimeOut="00:00:07:125" FadeUpTime="20" FadeDownTime="20">
      <Text VAlign="bottom" VPosition="8">ຂ້ອຍບໍ່ຮູ້</Text>
      <Text VAlign="bottom" VPosition="15">ສະບາຍດີ&#x200b;ຕອນ&#x200b;ເຊົ້າ</Text>
    </Subtitle>
    <Subtitle SpotNumber="2" TimeIn="00:00:08.500" TimeOut="00:00:10.000">
      <Font Italic="yes"><Text VAlign="top" HAlign="left" VPosition="10">ລາວເວົ້າວ່າ <Font Weight="bold">ໄປ</Font></Text></Font>
    </Subtitle>
    <Subtitle SpotNumber="3" TimeIn="00:00:11.000" TimeOut="00:00:12.000">
      <Image VAlign="bottom" VPosition="5">sub3.png</Image>
    </Subtitle>
  </Font>
</DCSubtitle>
"#;

#[test]
fn interop_subtitles_in_lao_are_read() {
    let placement = ReelPlacement { start_ms: 60_000, ..WHOLE };
    let subtitle = read(INTEROP, placement).unwrap();
    assert_eq!(subtitle.id.unwrap().to_string(), "00000000-0000-4000-8000-000000000009");
    assert_eq!((subtitle.language.as_ref().unwrap().tag(), subtitle.reel_number), ("lo", Some(2)));
    assert_eq!(
        cues(&subtitle),
        [
            cue(65_000, 67_500, "", "ສະບາຍດີ\u{200b}ຕອນ\u{200b}ເຊົ້າ\nຂ້ອຍບໍ່ຮູ້"),
            cue(68_500, 70_000, "line:0 align:left", "<i>ລາວເວົ້າວ່າ <b>ໄປ</b></i>"),
        ]
    );
    assert_eq!(subtitle.images, 1);
    assert_eq!(
        warnings(&subtitle),
        ["line 16: the subtitle is an image, which Nang cannot read; it was left out"]
    );
    assert!(write_webvtt(&subtitle.cues).contains("00:01:05.000 --> 00:01:07.500"));
}

const SMPTE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<dcst:SubtitleReel xmlns:dcst="http://www.smpte-ra.org/schemas/428-7/2014/DCST">
  <dcst:Id>urn:uuid:00000000-0000-4000-8000-000000000008</dcst:Id>
  <dcst:ContentTitleText>Test</dcst:ContentTitleText>
  <dcst:IssueDate>2024-05-01T10:00:00.000+07:00</dcst:IssueDate>
  <dcst:ReelNumber>1</dcst:ReelNumber>
  <dcst:Language>en</dcst:Language>
  <dcst:EditRate>24 1</dcst:EditRate>
  <dcst:TimeCodeRate>24</dcst:TimeCodeRate>
  <dcst:StartTime>01:00:00:00</dcst:StartTime>
  <dcst:SubtitleList>
    <dcst:Font ID="f" Size="42">
      <dcst:Subtitle SpotNumber="1" TimeIn="01:00:00:12" TimeOut="01:00:01:12"><dcst:Text Valign="bottom" Vposition="8">Before the entry point.</dcst:Text></dcst:Subtitle>
      <dcst:Subtitle SpotNumber="2" TimeIn="01:00:01:12" TimeOut="01:00:04:00"><dcst:Text Valign="bottom" Vposition="8">Cut at its start.</dcst:Text></dcst:Subtitle>
      <dcst:Subtitle SpotNumber="3" TimeIn="01:00:05:06" TimeOut="01:00:07:01">
        <dcst:Text Valign="top" Vposition="8">SIGN</dcst:Text>
        <dcst:Text Valign="bottom" Vposition="8"><dcst:Font Italic="yes">Who is</dcst:Font> there?</dcst:Text>
      </dcst:Subtitle>
      <dcst:Subtitle SpotNumber="4" TimeIn="01:00:11:00" TimeOut="01:00:13:00"><dcst:Text Valign="bottom">Cut at its end.</dcst:Text></dcst:Subtitle>
      <dcst:Subtitle SpotNumber="5" TimeIn="01:00:13:00" TimeOut="01:00:14:00"><dcst:Text Valign="bottom">After the reel.</dcst:Text></dcst:Subtitle>
      <dcst:Subtitle SpotNumber="6" TimeIn="01:00:09:24" TimeOut="01:00:10:00"><dcst:Text>Frame 24 of 24.</dcst:Text></dcst:Subtitle>
      <dcst:Subtitle SpotNumber="7" TimeIn="01:00:09:00" TimeOut="01:00:08:00"><dcst:Text>Backwards.</dcst:Text></dcst:Subtitle>
      <dcst:Subtitle SpotNumber="8" TimeIn="01:00:09:00" TimeOut="01:00:10:00"><dcst:Text> </dcst:Text></dcst:Subtitle>
    </dcst:Font>
  </dcst:SubtitleList>
</dcst:SubtitleReel>
"#;

#[test]
fn smpte_subtitles_with_frames_are_placed_in_the_film() {
    let placement = ReelPlacement { start_ms: 100_000, entry_ms: 2_000, duration_ms: 10_000 };
    let subtitle = read(SMPTE, placement).unwrap();
    assert_eq!(
        cues(&subtitle),
        [
            cue(100_000, 102_000, "", "Cut at its start."),
            cue(103_250, 105_042, "line:0", "SIGN"),
            cue(103_250, 105_042, "", "<i>Who is</i> there?"),
            cue(109_000, 110_000, "", "Cut at its end."),
        ]
    );
    assert_eq!(
        warnings(&subtitle),
        [
            "line 13 and 1 more: the subtitle is outside the part of the reel that is played; it was left out",
            "line 19: the subtitle ends after the reel; it was cut there",
            "line 21: the times of the subtitle cannot be read; it was left out",
            "line 22: the subtitle ends before it starts; it was left out",
            "line 23: the subtitle has no text; it was left out",
        ]
    );
}

#[test]
fn documents_of_other_kinds_are_refused() {
    let error = read("<tt/>", WHOLE).unwrap_err();
    assert!(matches!(error, DcpSubtitleError::Document(DocumentError::OtherKind { .. })), "{error:?}");
    let error = read(&SMPTE.replace(">24</dcst:TimeCodeRate>", ">0</dcst:TimeCodeRate>"), WHOLE).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the subtitles were left out: line 9: <TimeCodeRate> is \"0\", not a whole number of units per second; export the package again"
    );
    let error = read(&" ".repeat(MAX_SUBTITLE_BYTES + 1), WHOLE).unwrap_err();
    assert!(matches!(error, DcpSubtitleError::Document(DocumentError::TooLarge { .. })), "{error:?}");
}

#[test]
fn text_for_an_old_lao_font_is_refused() {
    let line = "<Subtitle TimeIn=\"00:00:01.000\" TimeOut=\"00:00:02.000\"><Text>lt[kpfu 0hvp [=I6h lt[kpfu g0qk;Jk</Text></Subtitle>";
    let text = format!("<DCSubtitle><Language>Lao</Language>{}</DCSubtitle>", line.repeat(3));
    assert_eq!(read(&text, WHOLE).unwrap_err(), DcpSubtitleError::LaoFont);
    let english = Language::normalize("en");
    let subtitle = read_dcp_subtitle(text.as_bytes(), WHOLE, english.as_ref()).unwrap();
    assert_eq!((subtitle.cues.len(), subtitle.language), (1, english));
}

#[test]
fn cues_are_limited() {
    let mut text = String::from("<DCSubtitle>");
    for number in 0..=MAX_CUES {
        let (minutes, seconds) = (number / 3600 % 60, number / 60 % 60);
        write!(
            text,
            "<Subtitle TimeIn=\"00:{minutes:02}:{seconds:02}.000\" TimeOut=\"00:{minutes:02}:{seconds:02}.900\"><Text>{number}</Text></Subtitle>"
        )
        .unwrap();
    }
    text += "</DCSubtitle>";
    assert_eq!(read(&text, WHOLE).unwrap_err(), DcpSubtitleError::TooManyCues);
}
