//! Percentages and decimal numbers, in integers.

use std::fmt;

/// A percentage in hundredths, 0 to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u16);

impl Percent {
    /// 50 %.
    pub(super) const HALF: Self = Self(5_000);

    /// Converts hundredths of a percent; `None` above 100 %.
    pub const fn from_hundredths(hundredths: u16) -> Option<Self> {
        if hundredths <= 10_000 { Some(Self(hundredths)) } else { None }
    }

    /// The value in hundredths of a percent.
    pub const fn hundredths(self) -> u16 {
        self.0
    }

    /// `part / whole`, rounded, cut at 0 and 100 %. `None` if `whole` is not positive.
    pub(super) fn of(part: i64, whole: i64) -> Option<Self> {
        let (part, whole) = (i128::from(part), i128::from(whole));
        if whole <= 0 {
            return None;
        }
        let hundredths = (part.max(0) * 20_000 + whole) / (2 * whole);
        u16::try_from(hundredths.min(10_000)).ok().map(Self)
    }

    /// Reads `50%` or `12.5%`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::from_hundredths(u16::try_from(thousandths(text.strip_suffix('%')?)?.checked_add(5)? / 10).ok()?)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}%"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}%", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}%"),
        }
    }
}

/// Reads a decimal number in thousandths; further decimals are cut off.
pub(super) fn thousandths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.len() + fraction.len() == 0
    {
        return None;
    }
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(sign * (format!("0{whole}").parse::<i64>().ok()? * 1000 + fraction.parse::<i64>().ok()?))
}
