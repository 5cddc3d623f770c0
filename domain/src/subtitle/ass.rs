//! Reads Advanced `SubStation` Alpha (`.ass`) and `SubStation` Alpha v4 (`.ssa`).

use super::{
    Cue, CueText, Layout, Warnings,
    ass_event::{self, Script},
    ass_style::AssStyles,
    check::Parsed,
    lines::{self, TextLine},
    timestamp,
};

/// Columns of events if the file does not name them.
const DEFAULT_FORMAT: &str = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text";

/// A section of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Script,
    /// Styles; `ssa` is true in `[V4 Styles]`.
    Styles {
        ssa: bool,
    },
    Events,
    Other,
}

/// A parse in progress.
struct Reader {
    script: Script,
    styles: AssStyles,
    /// Names of the events' columns, in lower case.
    format: Vec<String>,
    parsed: Parsed,
}

/// Reads a file. Styles and script properties count wherever they are, so they are read before the events.
pub(super) fn parse(text: &str) -> Parsed {
    let lines = lines::split(text);
    let mut reader = Reader::of_properties(&lines);
    for (section, line, name, value) in properties(&lines) {
        if section == Section::Events && !reader.event(line, &name, value) {
            break;
        }
    }
    reader.parsed
}

/// The header of an embedded track: everything but its events, which the container stores one by one.
pub(super) struct Header {
    script: Script,
    styles: AssStyles,
}

/// Columns of an event in Matroska, which orders events by their times and keeps their order in the file in the first column.
const EMBEDDED_COLUMNS: usize = 9;

impl Header {
    /// Reads a header.
    pub(super) fn parse(text: &str) -> Self {
        let Reader { script, styles, .. } = Reader::of_properties(&lines::split(text));
        Self { script, styles }
    }

    /// Reads an event `ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect, Text`. Returns its layer, text and layout;
    /// `None` if columns are missing.
    pub(super) fn event(
        &self,
        event: &str,
        number: u64,
        warnings: &mut Warnings,
    ) -> Option<(i32, CueText, Layout)> {
        let fields: Vec<_> = event.splitn(EMBEDDED_COLUMNS, ',').collect();
        let [_, layer, style, .., text] = fields[..] else { return None };
        let text = (fields.len() == EMBEDDED_COLUMNS).then_some(text)?;
        let (text, layout) = ass_event::parse(text, style, &self.styles, self.script, number, warnings);
        Some((layer.trim().parse().unwrap_or(0), text, layout))
    }
}

/// All lines of the form `Name: value`, with their sections and the names in lower case.
fn properties<'a>(
    lines: &'a [TextLine<'a>],
) -> impl Iterator<Item = (Section, TextLine<'a>, String, &'a str)> {
    let mut section = Section::Other;
    lines.iter().filter_map(move |line| {
        let text = line.text.trim();
        if text.starts_with('[') && text.ends_with(']') {
            section = match text.to_ascii_lowercase().as_str() {
                "[script info]" => Section::Script,
                "[v4 styles]" => Section::Styles { ssa: true },
                "[v4+ styles]" | "[v4++ styles]" => Section::Styles { ssa: false },
                "[events]" => Section::Events,
                _ => Section::Other,
            };
            return None;
        }
        if text.is_empty() || text.starts_with([';', '!']) {
            return None;
        }
        let (name, value) = line.text.split_once(':').unwrap_or((text, ""));
        Some((section, *line, name.trim().to_ascii_lowercase(), value))
    })
}

impl Reader {
    /// Reads the styles and the script's properties.
    fn of_properties(lines: &[TextLine<'_>]) -> Self {
        let parsed = Parsed { any_order: true, ..Parsed::default() };
        let mut reader =
            Self { script: Script::default(), styles: AssStyles::default(), format: Vec::new(), parsed };
        reader.set_format(DEFAULT_FORMAT);
        for (section, _, name, value) in properties(lines) {
            reader.property(section, &name, value);
        }
        reader
    }

    fn set_format(&mut self, columns: &str) {
        self.format = columns.split(',').map(|column| column.trim().to_ascii_lowercase()).collect();
    }

    fn property(&mut self, section: Section, name: &str, value: &str) {
        let value = value.trim();
        let number = || value.parse::<i64>().ok().filter(|number| (1..=100_000).contains(number));
        match (section, name) {
            (Section::Script, "playresx") => self.script.width = number().unwrap_or(self.script.width),
            (Section::Script, "playresy") => self.script.height = number().unwrap_or(self.script.height),
            (Section::Script, "wrapstyle") => self.script.soft_breaks = value == "2",
            (Section::Styles { .. }, "format") => self.styles.set_format(value),
            (Section::Styles { ssa }, "style") => self.styles.add(value, ssa),
            _ => {}
        }
    }

    /// Reads a line of the events; returns whether to read on.
    fn event(&mut self, line: TextLine<'_>, name: &str, value: &str) -> bool {
        match name {
            "format" => {
                self.set_format(value);
                for column in ["start", "end", "text"] {
                    if !self.format.iter().any(|known| known == column) {
                        self.parsed.errors.add(line.number, format!("the Format line has no column {column}"));
                    }
                }
                if self.format.last().is_some_and(|last| last != "text") {
                    self.parsed.errors.add(line.number, "the column Text must be the last of the Format line");
                }
            }
            "dialogue" => {
                if self.parsed.is_full(line.number) {
                    return false;
                }
                self.dialogue(line, value);
            }
            "comment" => {}
            // SSA has events that are not text: still images, audio, programs.
            _ if value.split(',').count() >= self.format.len() => {
                let detail = format!("events of the kind {name} are not supported; they were dropped");
                self.parsed.warnings.line(line.number, detail);
            }
            _ => self.parsed.errors.add(
                line.number,
                "the line is neither Dialogue nor Comment: write a dialogue in one line, with \\N between its lines",
            ),
        }
        true
    }

    fn dialogue(&mut self, line: TextLine<'_>, value: &str) {
        // Only the text, in the last column, may contain commas.
        let fields: Vec<_> = value.splitn(self.format.len(), ',').collect();
        if fields.len() < self.format.len() {
            let detail = if line.terminated {
                format!(
                    "the line has {} of the {} columns of the Format line",
                    fields.len(),
                    self.format.len()
                )
            } else {
                "the file ends in this line: upload the complete file".to_owned()
            };
            return self.parsed.errors.add(line.number, detail);
        }
        let field = |name: &str| {
            let at = self.format.iter().position(|column| column == name);
            at.and_then(|at| fields.get(at)).copied().unwrap_or_default()
        };
        let time = |name: &str| timestamp::parse(field(name).trim()).map(|time| time.ms);
        let (Some(start_ms), Some(end_ms)) = (time("start"), time("end")) else {
            let detail = "the times cannot be read: write the start and the end as 0:01:02.50";
            return self.parsed.errors.add(line.number, detail);
        };
        let layer = field("layer").trim().parse().unwrap_or(0);
        let (text, layout) = ass_event::parse(
            field("text"),
            field("style"),
            &self.styles,
            self.script,
            line.number,
            &mut self.parsed.warnings,
        );
        self.parsed.add(line.number, layer, Cue { start_ms, end_ms, layout, text });
    }
}
