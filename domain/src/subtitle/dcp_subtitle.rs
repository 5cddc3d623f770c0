//! Reads the subtitles of Digital Cinema Packages: `DCSubtitle` of Interop (`CineCanvas` Rev. C) and `SubtitleReel` of SMPTE
//! (ST 428-7). Each reel of a film has a document of its own.

use std::collections::HashSet;

use roxmltree::Node;

use super::{
    Certainty, Cue, CueError, Decoded, MAX_CUES, Style, Warnings,
    check::FileCue,
    dcp_line::{self, DcpLine},
    dcp_text::{DcpText, font_style},
    dcp_time::DcpClock,
    lao_font,
    markup::warn_of_removed,
};
use crate::{
    dcp::{AssetId, DocumentError, MAX_SUBTITLE_BYTES, language_of, xml},
    language::Language,
    ratio::Ratio,
};

/// Where a reel's cues are in the film. All times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReelPlacement {
    /// Start of the reel in the film.
    pub start_ms: u64,
    /// The time of the document that is played first: the entry point of the track.
    pub entry_ms: u64,
    /// Duration of the reel. Cues after it are dropped.
    pub duration_ms: u64,
}

/// The subtitles of one reel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DcpSubtitle {
    /// Id of the document.
    pub id: Option<AssetId>,
    /// Language of the text, if the document names one that Nang knows.
    pub language: Option<Language>,
    /// Number of the reel, from 1, if the document says it.
    pub reel_number: Option<u32>,
    /// The cues with their times in the film, in the order of their starts.
    pub cues: Vec<Cue>,
    /// Number of subtitles that are images, which Nang cannot read.
    pub images: usize,
    /// What was changed or left out, by lines of the document.
    pub warnings: Warnings,
}

/// Why the subtitles of a reel are left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DcpSubtitleError {
    /// The document cannot be read.
    #[error("the subtitles were left out: {0}")]
    Document(#[from] DocumentError),
    /// It exceeds [`MAX_CUES`].
    #[error(
        "the subtitles were left out: the document has more than {MAX_CUES} subtitles. Add the subtitles as a file with fewer"
    )]
    TooManyCues,
    /// The text is declared as Lao, but its letters are codes of an old Lao font, which the package contains.
    #[error(
        "the subtitles were left out: the text is not Lao Unicode but written for an old Lao font. Convert the text to Unicode with a Lao font converter (for example LaoScript), and add it as a file"
    )]
    LaoFont,
}

/// Reads the bytes of a document: the XML file of an Interop package, or the text of an SMPTE package's MXF file.
///
/// `language` is that of the composition, which is preferred to the document's. A subtitle that cannot be read is left out with a
/// warning.
pub fn read_dcp_subtitle(
    bytes: &[u8],
    placement: ReelPlacement,
    language: Option<&Language>,
) -> Result<DcpSubtitle, DcpSubtitleError> {
    let text = xml::decode(bytes, MAX_SUBTITLE_BYTES)?;
    let document = xml::parse(&text)?;
    let root = document.root_element();
    // Interop documents have only one name; all others are compared with that of SMPTE.
    let smpte = xml::name(root) != "DCSubtitle";
    let (clock, list, id) = if smpte {
        let root = xml::root(&document, "SubtitleReel")?;
        (smpte_clock(root)?, xml::required(root, "SubtitleList")?, "Id")
    } else {
        (DcpClock::Interop, root, "SubtitleID")
    };
    let start_time =
        if smpte { xml::optional(root, "StartTime", "a time", |text| clock.parse(text))? } else { None };
    let language =
        language.cloned().or_else(|| xml::child_text(root, "Language").and_then(|text| language_of(&text)));
    let mut reader = Reader {
        clock,
        placement: ReelPlacement {
            entry_ms: placement.entry_ms.saturating_add(start_time.unwrap_or(0)),
            ..placement
        },
        line_ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        cues: Vec::new(),
        images: 0,
        warnings: Warnings::default(),
    };
    reader.subtitles(list, &Style::default())?;
    let cues = reader.finish(language.as_ref())?;
    Ok(DcpSubtitle {
        id: xml::child_text(root, id).and_then(|text| AssetId::parse(&text)),
        language,
        reel_number: xml::child_text(root, "ReelNumber").and_then(|text| text.parse().ok()),
        cues,
        images: reader.images,
        warnings: reader.warnings,
    })
}

fn smpte_clock(root: Node<'_, '_>) -> Result<DcpClock, DocumentError> {
    const RATE: &str = "a whole number of units per second";
    let edit_rate: Option<Ratio> = xml::child_text(root, "EditRate").and_then(|text| xml::ratio(&text));
    let rate = xml::required(root, "TimeCodeRate")?;
    xml::parsed(rate, "TimeCodeRate", RATE, |text| DcpClock::smpte(text.parse().ok()?, edit_rate))
}

/// A document that is being read.
struct Reader {
    clock: DcpClock,
    placement: ReelPlacement,
    /// Positions of the line ends in the document.
    line_ends: Vec<usize>,
    cues: Vec<FileCue>,
    images: usize,
    warnings: Warnings,
}

impl Reader {
    /// Line of an element, from 1.
    fn line(&self, node: Node<'_, '_>) -> u64 {
        self.line_ends.partition_point(|end| *end < node.range().start) as u64 + 1
    }

    /// Reads the subtitles in an element, and in the fonts around them. The document's depth is limited.
    fn subtitles(&mut self, list: Node<'_, '_>, style: &Style) -> Result<(), DcpSubtitleError> {
        for node in xml::elements(list) {
            match xml::name(node) {
                "Font" => self.subtitles(node, &font_style(node, style))?,
                "Subtitle" => self.subtitle(node, style)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn subtitle(&mut self, node: Node<'_, '_>, style: &Style) -> Result<(), DcpSubtitleError> {
        let number = self.line(node);
        let mut lines = Vec::new();
        let images = lines_of(node, style, &mut lines);
        if images > 0 {
            self.images += 1;
            self.warnings.line(number, "the subtitle is an image, which Nang cannot read; it was left out");
        }
        if lines.is_empty() {
            return Ok(());
        }
        let time = |name| node.attribute(name).and_then(|time| self.clock.parse(time));
        let (Some(start), Some(end)) = (time("TimeIn"), time("TimeOut")) else {
            self.warnings.line(number, "the times of the subtitle cannot be read; it was left out");
            return Ok(());
        };
        let Some((start_ms, end_ms)) = self.place(number, start, end) else { return Ok(()) };
        if lines.iter().any(|line| is_vertical(line.node)) {
            self.warnings.line(number, "vertical text is not supported; it is shown horizontally");
        }
        for (layer, (layout, lines)) in (0..).zip(dcp_line::groups(lines)) {
            let mut text = DcpText::default();
            for line in lines {
                text.line(line.node, &line.style);
            }
            let (text, removed) = text.builder.finish();
            warn_of_removed(removed, number, &mut self.warnings);
            self.add(number, layer, Cue { start_ms, end_ms, layout, text })?;
        }
        Ok(())
    }

    /// The times in the film; `None` if the subtitle is not in the reel.
    fn place(&mut self, number: u64, start: u64, end: u64) -> Option<(u64, u64)> {
        let ReelPlacement { start_ms, entry_ms, duration_ms } = self.placement;
        let last = entry_ms.saturating_add(duration_ms);
        if end <= entry_ms || start >= last {
            self.warnings
                .line(number, "the subtitle is outside the part of the reel that is played; it was left out");
            return None;
        }
        if end > last {
            self.warnings.line(number, "the subtitle ends after the reel; it was cut there");
        }
        let in_film = |time: u64| start_ms.saturating_add(time.clamp(entry_ms, last) - entry_ms);
        Some((in_film(start), in_film(end)))
    }

    fn add(&mut self, line: u64, layer: i32, cue: Cue) -> Result<(), DcpSubtitleError> {
        let problem = match cue.check() {
            Ok(()) if self.cues.len() == MAX_CUES => return Err(DcpSubtitleError::TooManyCues),
            Ok(()) => {
                self.cues.push(FileCue { line, layer, cue });
                return Ok(());
            }
            Err(CueError::EndsBeforeStart) => "the subtitle ends before it starts; it was left out",
            Err(CueError::ZeroLength) => "the subtitle ends when it starts; it was left out",
            Err(CueError::TooLate) => "a time of the subtitle is later than 24 hours; it was left out",
            Err(CueError::Blank) => "the subtitle has no text; it was left out",
            Err(CueError::TooLong) => "the subtitle is too long; it was left out",
        };
        self.warnings.line(line, problem);
        Ok(())
    }

    /// The cues in the order of their times, without repetitions.
    fn finish(&mut self, language: Option<&Language>) -> Result<Vec<Cue>, DcpSubtitleError> {
        let mut cues = std::mem::take(&mut self.cues);
        if language.is_some_and(|language| language.tag().split('-').next() == Some("lo")) {
            let decoded = Decoded { text: String::new(), encoding: "UTF-8", certainty: Certainty::Certain };
            lao_font::check(&cues, &decoded, &mut self.warnings).map_err(|_| DcpSubtitleError::LaoFont)?;
        }
        cues.sort_by_key(|file_cue| (file_cue.cue.start_ms, file_cue.layer));
        let mut seen = HashSet::new();
        cues.retain(|FileCue { line, cue, .. }| {
            let new = seen.insert(cue.clone());
            if !new {
                self.warnings.line(*line, "the subtitle is the same as another; it was left out");
            }
            new
        });
        self.warnings.sort();
        Ok(cues.into_iter().map(|file_cue| file_cue.cue).collect())
    }
}

/// Adds the `Text` elements in an element and in its fonts; returns the number of images. The document's depth is limited.
fn lines_of<'a, 'i>(element: Node<'a, 'i>, style: &Style, lines: &mut Vec<DcpLine<'a, 'i>>) -> usize {
    let mut images = 0;
    for node in xml::elements(element) {
        match xml::name(node) {
            "Font" => images += lines_of(node, &font_style(node, style), lines),
            "Text" => lines.push(DcpLine::new(node, style.clone())),
            "Image" => images += 1,
            _ => {}
        }
    }
    images
}

/// Whether a line is written from top to bottom: `vertical` of Interop, `ttb` and `btt` of SMPTE.
fn is_vertical(text: Node<'_, '_>) -> bool {
    text.attribute("Direction")
        .is_some_and(|direction| matches!(direction.trim(), "vertical" | "ttb" | "btt"))
}
