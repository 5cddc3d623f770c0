//! Conversion between the primaries of displays, computed from their chromaticities.

use super::vector::{Matrix3, apply, diagonal, invert, multiply};

/// Chromaticity x, y of D65 (BT.709-6 section 1, BT.2020-2 Table 3).
pub const D65: (f64, f64) = (0.3127, 0.3290);

/// Chromaticity x, y of the calibrated white of cinema projectors (SMPTE RP 431-2).
pub const DCI_WHITE: (f64, f64) = (0.314, 0.351);

/// Bradford's cone responses (Lam 1985; ICC.1:2022 Annex E).
const BRADFORD: Matrix3 = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];

/// Chromaticities x, y of a display's red, green and blue; its white is D65.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Primaries(pub [(f64, f64); 3]);

/// BT.709-6 section 1.
pub const BT709: Primaries = Primaries([(0.640, 0.330), (0.300, 0.600), (0.150, 0.060)]);

/// BT.2020-2 Table 3.
pub const BT2020: Primaries = Primaries([(0.708, 0.292), (0.170, 0.797), (0.131, 0.046)]);

/// P3-D65 (SMPTE EG 432-1, ISO/IEC 23091-2 `ColourPrimaries` 12).
pub const P3: Primaries = Primaries([(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)]);

impl Primaries {
    /// Linear RGB to CIE XYZ, with Y = 1 for white (SMPTE RP 177).
    pub fn to_xyz(self) -> [[f64; 3]; 3] {
        let columns = self.0.map(xyz);
        let rows = [0, 1, 2].map(|row| columns.map(|column| column[row]));
        let gains = apply(&invert(&rows), xyz(D65));
        multiply(&rows, &diagonal(gains))
    }

    /// CIE XYZ with Y = 1 for white to linear RGB.
    pub fn from_xyz(self) -> [[f64; 3]; 3] {
        invert(&self.to_xyz())
    }

    /// Linear RGB of these primaries to linear RGB of `other`.
    pub fn to(self, other: Self) -> [[f64; 3]; 3] {
        multiply(&other.from_xyz(), &self.to_xyz())
    }
}

/// Adapts CIE XYZ from one white to another, both as chromaticities x, y (Bradford's linear transform).
pub fn adaptation(from: (f64, f64), to: (f64, f64)) -> [[f64; 3]; 3] {
    let (source, target) = (apply(&BRADFORD, xyz(from)), apply(&BRADFORD, xyz(to)));
    let gains = [target[0] / source[0], target[1] / source[1], target[2] / source[2]];
    multiply(&invert(&BRADFORD), &multiply(&diagonal(gains), &BRADFORD))
}

/// CIE XYZ of a chromaticity with Y = 1.
pub fn xyz((x, y): (f64, f64)) -> [f64; 3] {
    [x / y, 1.0, (1.0 - x - y) / y]
}

#[cfg(test)]
mod tests {
    use super::{BT709, BT2020, D65, DCI_WHITE, P3, adaptation};

    fn assert_near(got: [[f64; 3]; 3], expected: [[f64; 3]; 3]) {
        for (got, expected) in got.iter().flatten().zip(expected.iter().flatten()) {
            assert!((got - expected).abs() < 1e-8, "{got} {expected}");
        }
    }

    /// `colour-science` 0.4.7, `matrix_RGB_to_RGB`; rounded to four digits the first is in BT.2407.
    #[test]
    fn conversions_equal_the_reference() {
        assert_near(
            BT2020.to(BT709),
            [
                [1.660_491_002, -0.587_641_139, -0.072_849_863],
                [-0.124_550_475, 1.132_899_897, -0.008_349_423],
                [-0.018_150_763, -0.100_578_898, 1.118_729_661],
            ],
        );
        assert_near(
            P3.to(BT709),
            [
                [1.224_940_176, -0.224_940_176, 0.0],
                [-0.042_056_955, 1.042_056_955, 0.0],
                [-0.019_637_555, -0.078_636_046, 1.098_273_600],
            ],
        );
    }

    /// `colour-science` 0.4.7, `matrix_chromatic_adaptation_VonKries` with Bradford.
    #[test]
    fn adaptation_equals_the_reference() {
        assert_near(
            adaptation(DCI_WHITE, D65),
            [
                [1.024_496_728, 0.015_163_541, 0.019_688_522],
                [0.025_612_193, 0.972_586_306, 0.004_716_352],
                [0.006_384_231, -0.012_268_083, 1.147_942_445],
            ],
        );
    }
}
