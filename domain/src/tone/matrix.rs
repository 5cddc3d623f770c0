//! Codes of Y'C'bC'r and R'G'B' samples: ranges, and the non-constant-luminance matrices of BT.601, BT.709 and BT.2020.
//!
//! A *signal* is a decoded sample without unit: luma, R'G'B' and X'Y'Z' are 0 to 1, colour differences −0.5 to 0.5.

use serde::{Deserialize, Serialize};

/// How R'G'B' is coded (ISO/IEC 23091-2 `MatrixCoefficients`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matrix {
    /// The three components themselves: R'G'B', or X'Y'Z'.
    Rgb,
    /// BT.601-7 section 2.5.
    Bt601,
    /// BT.709-6 section 3.
    Bt709,
    /// BT.2020-2 Table 4, non-constant luminance.
    Bt2020,
}

impl Matrix {
    /// R'G'B' of a signal. The result may be outside 0 to 1.
    pub fn to_rgb(self, signal: [f64; 3]) -> [f64; 3] {
        let Some((kr, kb)) = self.weights() else { return signal };
        let [y, cb, cr] = signal;
        let red = y + 2.0 * (1.0 - kr) * cr;
        let blue = y + 2.0 * (1.0 - kb) * cb;
        [red, (y - kr * red - kb * blue) / (1.0 - kr - kb), blue]
    }

    /// The signal of R'G'B'; the inverse of [`to_rgb`](Self::to_rgb).
    pub fn from_rgb(self, rgb: [f64; 3]) -> [f64; 3] {
        let Some((kr, kb)) = self.weights() else { return rgb };
        let y = kr * rgb[0] + (1.0 - kr - kb) * rgb[1] + kb * rgb[2];
        [y, (rgb[2] - y) / (2.0 * (1.0 - kb)), (rgb[0] - y) / (2.0 * (1.0 - kr))]
    }

    /// Weights of red and blue in luma.
    fn weights(self) -> Option<(f64, f64)> {
        match self {
            Self::Rgb => None,
            Self::Bt601 => Some((0.299, 0.114)),
            Self::Bt709 => Some((0.2126, 0.0722)),
            Self::Bt2020 => Some((0.2627, 0.0593)),
        }
    }
}

/// How the samples of a video are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Relation to R'G'B'.
    pub matrix: Matrix,
    /// Whether codes have the full range instead of the limited one, in which black is 16 of 255.
    pub full_range: bool,
    /// Bits per component, 8 to 16. Other values count as the nearest of these.
    pub bit_depth: u8,
}

impl Input {
    /// Bits per component, within 8 to 16.
    pub(super) fn bits(self) -> u32 {
        u32::from(self.bit_depth.clamp(8, 16))
    }

    /// The signal of codes (BT.2100-3 Table 9), 0 to 2ⁿ − 1 for n bits.
    pub fn signal(self, codes: [f64; 3]) -> [f64; 3] {
        let levels = self.levels();
        [0, 1, 2].map(|component| (codes[component] - levels[component].0) / levels[component].1)
    }

    /// The codes of a signal, not rounded; the inverse of [`signal`](Self::signal).
    pub fn codes(self, signal: [f64; 3]) -> [f64; 3] {
        let levels = self.levels();
        [0, 1, 2].map(|component| signal[component] * levels[component].1 + levels[component].0)
    }

    /// For each component the code of 0 and the number of codes to 1.
    fn levels(self) -> [(f64, f64); 3] {
        let codes = f64::from(1_u32 << self.bits());
        let unit = codes / 256.0;
        let (luma, chroma) = if self.full_range {
            ((0.0, codes - 1.0), (codes / 2.0, codes - 1.0))
        } else {
            ((16.0 * unit, 219.0 * unit), (128.0 * unit, 224.0 * unit))
        };
        if self.matrix == Matrix::Rgb { [luma; 3] } else { [luma, chroma, chroma] }
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, Matrix};

    #[test]
    fn codes_of_standard_levels() {
        for (matrix, full_range, bit_depth, codes, rgb) in [
            (Matrix::Bt709, false, 8, [16.0, 128.0, 128.0], [0.0; 3]),
            (Matrix::Bt2020, false, 10, [64.0, 512.0, 512.0], [0.0; 3]),
            (Matrix::Bt2020, false, 10, [940.0, 512.0, 512.0], [1.0; 3]),
            (Matrix::Bt2020, false, 12, [3760.0, 2048.0, 2048.0], [1.0; 3]),
            (Matrix::Bt601, true, 8, [255.0, 128.0, 128.0], [1.0; 3]),
            (Matrix::Rgb, true, 12, [4095.0, 0.0, 4095.0], [1.0, 0.0, 1.0]),
            (Matrix::Rgb, false, 10, [940.0, 64.0, 940.0], [1.0, 0.0, 1.0]),
            // Colour bars: 100 % of BT.709 (SMPTE RP 219) and 75 % of BT.601 (BT.1729), rounded to codes.
            (Matrix::Bt709, false, 10, [250.0, 409.0, 960.0], [1.0, 0.0, 0.0]),
            (Matrix::Bt601, false, 8, [65.0, 100.0, 212.0], [0.75, 0.0, 0.0]),
        ] {
            let got = matrix.to_rgb(Input { matrix, full_range, bit_depth }.signal(codes));
            for (got, expected) in got.into_iter().zip(rgb) {
                assert!((got - expected).abs() < 0.004, "{matrix:?} {codes:?}: {got} {expected}");
            }
        }
    }

    #[test]
    fn the_inverse_returns_the_signal() {
        let rgb = [0.2, 0.9, 0.4];
        for matrix in [Matrix::Rgb, Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for (full_range, bit_depth) in [(false, 8), (false, 10), (true, 10), (true, 12), (false, 16)] {
                let input = Input { matrix, full_range, bit_depth };
                let codes = input.codes(matrix.from_rgb(rgb));
                for (back, component) in matrix.to_rgb(input.signal(codes)).into_iter().zip(rgb) {
                    assert!((back - component).abs() < 1e-12, "{input:?}");
                }
            }
        }
    }
}
