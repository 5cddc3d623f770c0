//! Styles of ASS and SSA files: only what cues keep.

use std::collections::HashMap;

use super::override_tag;

/// What a style says about the cues that use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AssStyle {
    pub(super) italic: bool,
    pub(super) bold: bool,
    pub(super) underline: bool,
    /// Alignment, 1 to 9 as on a number pad.
    pub(super) align: u8,
}

impl Default for AssStyle {
    fn default() -> Self {
        Self { italic: false, bold: false, underline: false, align: 2 }
    }
}

/// The styles of a file by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AssStyles {
    by_name: HashMap<String, AssStyle>,
    /// Names of the columns, in lower case.
    format: Vec<String>,
}

impl AssStyles {
    /// Reads a `Format:` line of a section of styles.
    pub(super) fn set_format(&mut self, columns: &str) {
        self.format = columns.split(',').map(|column| column.trim().to_ascii_lowercase()).collect();
    }

    /// Reads a `Style:` line. `ssa` says that the section is `[V4 Styles]`, with other numbers for alignment.
    pub(super) fn add(&mut self, fields: &str, ssa: bool) {
        let fields: Vec<_> = fields.split(',').map(str::trim).collect();
        let field = |name: &str| {
            let at = self.format.iter().position(|column| column == name)?;
            fields.get(at).copied()
        };
        // True is -1; some programs write 1.
        let flag = |name: &str| field(name).is_some_and(|value| !matches!(value, "0" | ""));
        let align = field("alignment").and_then(|number| number.parse().ok()).and_then(|number| {
            if ssa {
                override_tag::number_pad(number)
            } else {
                Some(number).filter(|number| (1..=9).contains(number))
            }
        });
        let Some(name) = field("name").map(normal_name) else { return };
        let style = AssStyle {
            italic: flag("italic"),
            bold: flag("bold"),
            underline: flag("underline"),
            align: align.unwrap_or(AssStyle::default().align),
        };
        self.by_name.insert(name, style);
    }

    /// The style of that name; else the file's `Default`, as players do.
    pub(super) fn get(&self, name: &str) -> AssStyle {
        let style = self.by_name.get(&normal_name(name)).or_else(|| self.by_name.get("default"));
        style.copied().unwrap_or_default()
    }
}

/// Some programs write `*Default` for `Default`.
fn normal_name(name: &str) -> String {
    name.trim().trim_start_matches('*').to_lowercase()
}
