//! An exact fraction for frame rates, time bases and aspect ratios. Floats cannot represent 24000/1001 exactly.

use serde::{Deserialize, Serialize};

/// `num / den` in lowest terms with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ratio {
    /// Numerator.
    pub num: i64,
    /// Denominator, at least 1.
    pub den: i64,
}

impl Ratio {
    /// Returns the fraction in lowest terms; `None` if the denominator is zero or on overflow.
    pub fn new(num: i64, den: i64) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let divisor = i64::try_from(gcd(num.unsigned_abs(), den.unsigned_abs())).ok()?.max(1);
        let sign = if den < 0 { -1 } else { 1 };
        Some(Self { num: (num / divisor).checked_mul(sign)?, den: (den / divisor).checked_mul(sign)? })
    }

    /// The value as a float; only for display and bitrates.
    #[expect(clippy::cast_precision_loss, reason = "for display; exact arithmetic stays in integers")]
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// `den / num`; `None` if the value is zero.
    pub fn inverse(self) -> Option<Self> {
        Self::new(self.den, self.num)
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
