//! Where a cue is shown: the settings of WebVTT (W3C WebVTT §4.4).

use std::fmt;

use super::percent::{Percent, thousandths};

/// The names of settings' values, with their enums.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word in WebVTT.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub(super) fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    };
}

words! {
    /// Direction of vertical text.
    Vertical {
        /// Lines from right to left.
        RightToLeft = "rl",
        /// Lines from left to right.
        LeftToRight = "lr",
    }
}
words! {
    /// Which edge of the cue's box `line` places.
    LineAlign {
        /// The top.
        Start = "start",
        /// The middle.
        Center = "center",
        /// The bottom.
        End = "end",
    }
}
words! {
    /// Which edge of the cue's box `position` places.
    PositionAlign {
        /// The left edge.
        LineLeft = "line-left",
        /// The middle.
        Center = "center",
        /// The right edge.
        LineRight = "line-right",
    }
}
words! {
    /// Alignment of the lines in the cue's box.
    Align {
        /// Where the text begins: left for Lao, right for Arabic.
        Start = "start",
        /// Centred, the default of players.
        Center = "center",
        /// Where the text ends.
        End = "end",
        /// Left.
        Left = "left",
        /// Right.
        Right = "right",
    }
}

/// Distance of the cue from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineOffset {
    /// A line of text: 0 is the first, -1 the last.
    Number(i16),
    /// A share of the video's height.
    Percent(Percent),
}

/// The setting `line`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// Distance from the top.
    pub offset: LineOffset,
    /// Which edge is at that distance.
    pub align: Option<LineAlign>,
}

/// The setting `position`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Distance from the left.
    pub percent: Percent,
    /// Which edge is at that distance.
    pub align: Option<PositionAlign>,
}

/// Where a cue is shown. The player chooses every value that is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Vertical text.
    pub vertical: Option<Vertical>,
    /// Distance from the top.
    pub line: Option<Line>,
    /// Distance from the left.
    pub position: Option<Position>,
    /// Width of the box.
    pub size: Option<Percent>,
    /// Alignment of the lines in the box.
    pub align: Option<Align>,
}

impl Layout {
    /// Whether the player chooses everything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The layout of `\an1` to `\an9`, whose numbers have the places of a keyboard's number pad.
    pub(super) fn from_number_pad(number: u8) -> Self {
        let offset = match number {
            4..=6 => Some((LineOffset::Percent(Percent::HALF), Some(LineAlign::Center))),
            7..=9 => Some((LineOffset::Number(0), None)),
            _ => None,
        };
        let align = match number % 3 {
            1 => Some(Align::Left),
            2 => None,
            _ => Some(Align::Right),
        };
        Self { line: offset.map(|(offset, align)| Line { offset, align }), align, ..Self::default() }
    }

    /// The nearest of `\an1` to `\an9`.
    pub(super) fn to_number_pad(self) -> u8 {
        let row = match self.line.map(|line| line.offset) {
            Some(LineOffset::Number(0..)) => 6,
            Some(LineOffset::Percent(percent)) => match percent.hundredths() {
                ..3_334 => 6,
                3_334..6_667 => 3,
                _ => 0,
            },
            _ => 0,
        };
        let column = match self.align {
            Some(Align::Left | Align::Start) => 1,
            Some(Align::Right | Align::End) => 3,
            _ => 2,
        };
        row + column
    }

    /// Applies one word of a cue's settings; returns whether it was understood.
    pub(super) fn apply(&mut self, word: &str) -> bool {
        let Some((name, value)) = word.split_once(':') else { return false };
        let (first, second) =
            value.split_once(',').map_or((value, None), |(first, second)| (first, Some(second)));
        match (name, second) {
            ("vertical", None) => set(&mut self.vertical, Vertical::parse(value)),
            ("line", None) => set(&mut self.line, line(value, None)),
            ("line", Some(align)) => {
                set(&mut self.line, LineAlign::parse(align).and_then(|align| line(first, Some(align))))
            }
            ("position", None) => set(
                &mut self.position,
                Percent::parse(value).map(|percent| Position { percent, align: None }),
            ),
            ("position", Some(align)) => {
                let align = PositionAlign::parse(align);
                let percent = Percent::parse(first).filter(|_| align.is_some());
                set(&mut self.position, percent.map(|percent| Position { percent, align }))
            }
            ("size", None) => set(&mut self.size, Percent::parse(value)),
            // `middle` is from drafts of WebVTT.
            ("align", None) if value == "middle" => set(&mut self.align, Some(Align::Center)),
            ("align", None) => set(&mut self.align, Align::parse(value)),
            _ => false,
        }
    }
}

fn line(value: &str, align: Option<LineAlign>) -> Option<Line> {
    let offset = match Percent::parse(value) {
        Some(percent) => LineOffset::Percent(percent),
        None => LineOffset::Number(i16::try_from(thousandths(value)? / 1000).ok()?),
    };
    Some(Line { offset, align })
}

fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let understood = value.is_some();
    if understood {
        *field = value;
    }
    understood
}

/// A word that is not a setting of a layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a setting: write for example line:0 align:left position:10% size:80%")]
pub struct UnknownSetting(pub String);

impl std::str::FromStr for Layout {
    type Err = UnknownSetting;

    /// Reads the settings of a cue, with spaces between them.
    fn from_str(settings: &str) -> Result<Self, UnknownSetting> {
        let mut layout = Self::default();
        let unknown = settings.split_whitespace().find(|word| !layout.apply(word));
        unknown.map_or(Ok(layout), |word| Err(UnknownSetting(word.to_owned())))
    }
}

/// The settings with spaces between them; empty for the default layout.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        words.extend(self.vertical.map(|vertical| format!("vertical:{}", vertical.as_str())));
        words.extend(self.line.map(|line| {
            let align = line.align.map(|align| format!(",{}", align.as_str())).unwrap_or_default();
            match line.offset {
                LineOffset::Number(number) => format!("line:{number}{align}"),
                LineOffset::Percent(percent) => format!("line:{percent}{align}"),
            }
        }));
        words.extend(self.position.map(|position| {
            let align = position.align.map(|align| format!(",{}", align.as_str())).unwrap_or_default();
            format!("position:{}{align}", position.percent)
        }));
        words.extend(self.size.map(|size| format!("size:{size}")));
        words.extend(self.align.map(|align| format!("align:{}", align.as_str())));
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn settings_are_read_and_written() {
        for (word, written) in [
            ("line:0", "line:0"),
            ("line:-1", "line:-1"),
            ("line:85%", "line:85%"),
            ("line:12.345%,end", "line:12.35%,end"),
            ("position:50%,line-left", "position:50%,line-left"),
            ("size:100%", "size:100%"),
            ("align:middle", "align:center"),
            ("vertical:rl", "vertical:rl"),
            ("line:101%", ""),
            ("position:-1%", ""),
            ("align:top", ""),
            ("line:", ""),
            ("line:%", ""),
            ("line:99999999999", ""),
            ("nothing", ""),
        ] {
            let mut layout = Layout::default();
            assert_eq!(layout.apply(word), !written.is_empty(), "{word}");
            assert_eq!(layout.to_string(), written, "{word}");
        }
    }

    #[test]
    fn number_pads_survive() {
        for number in 1..=9 {
            assert_eq!(Layout::from_number_pad(number).to_number_pad(), number);
        }
    }
}
