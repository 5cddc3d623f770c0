//! The table of `nang probe`, and the words for times, rates and sizes in it.

use std::fmt::Write as _;

use domain::clock_time;

/// Rows of a name and a text; the texts are aligned in one column.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<(&'static str, String)>,
}

impl Table {
    pub(super) fn row(&mut self, name: &'static str, text: String) {
        self.rows.push((name, text));
    }

    /// Renders the rows. A repeated name is written only once.
    pub(super) fn render(&self) -> String {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
        let mut out = String::new();
        let mut last = "";
        for (name, text) in &self.rows {
            let shown = if *name == last { "" } else { name };
            let _ = writeln!(out, "{shown:<width$}{text}");
            last = name;
        }
        out
    }
}

/// `01:30:00.500`
pub(super) fn clock_ms(ms: u64) -> String {
    match ms % 1000 {
        0 => clock_time(ms),
        part => format!("{}.{part:03}", clock_time(ms)),
    }
}

/// Formats up to three decimals, without trailing zeros: 25, 23.976.
pub(super) fn decimals(value: f64) -> String {
    format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let step = (bytes.max(1).ilog2() / 10).min(4);
    match step {
        0 => format!("{bytes} bytes"),
        step => format!("{:.1} {}", bytes as f64 / (1_u64 << (10 * step)) as f64, units[step as usize]),
    }
}
