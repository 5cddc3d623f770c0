//! `ICtCp` with PQ (BT.2100-3 Table 7): intensity and two opponent colours, whose ratio is the hue.

use super::{
    pq,
    vector::{Matrix3, apply, invert},
};

/// BT.2020 light to cone responses (BT.2100-3 Table 7).
const LMS: Matrix3 = [
    [1688.0 / 4096.0, 2146.0 / 4096.0, 262.0 / 4096.0],
    [683.0 / 4096.0, 2951.0 / 4096.0, 462.0 / 4096.0],
    [99.0 / 4096.0, 309.0 / 4096.0, 3688.0 / 4096.0],
];

/// PQ signals of the cone responses to `ICtCp` (BT.2100-3 Table 7).
const OPPONENT: Matrix3 = [
    [0.5, 0.5, 0.0],
    [6610.0 / 4096.0, -13613.0 / 4096.0, 7003.0 / 4096.0],
    [17933.0 / 4096.0, -17390.0 / 4096.0, -543.0 / 4096.0],
];

/// The two conversions, with their inverse matrices computed once.
#[derive(Clone, Debug)]
pub struct Ictcp {
    from_lms: Matrix3,
    from_opponent: Matrix3,
}

impl Default for Ictcp {
    fn default() -> Self {
        Self { from_lms: invert(&LMS), from_opponent: invert(&OPPONENT) }
    }
}

impl Ictcp {
    /// `ICtCp` of display light with BT.2020 primaries, in cd/m². I is 0 to 1, Ct and Cp are about −0.5 to 0.5.
    pub fn from_nits(&self, rgb: [f64; 3]) -> [f64; 3] {
        apply(&OPPONENT, apply(&LMS, rgb).map(pq::from_nits))
    }

    /// Display light with BT.2020 primaries, in cd/m²; components outside its gamut are negative.
    pub fn to_nits(&self, ictcp: [f64; 3]) -> [f64; 3] {
        apply(&self.from_lms, apply(&self.from_opponent, ictcp).map(pq::to_nits))
    }
}

/// Colour difference ΔE ITP of two `ICtCp` colours; 1 is just noticeable (BT.2124-0).
pub fn delta_e(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (intensity, tritan, protan) = (a[0] - b[0], 0.5 * (a[1] - b[1]), a[2] - b[2]);
    720.0 * (intensity * intensity + tritan * tritan + protan * protan).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{Ictcp, delta_e};

    /// `colour-science` 0.4.7, `RGB_to_ICtCp` with `L_p` 10000, and its components in the formula of BT.2124.
    #[test]
    fn equals_the_reference() {
        let ictcp = Ictcp::default();
        for (rgb, expected) in [
            ([100.0, 100.0, 100.0], [0.508_078_422, 0.0, 0.0]),
            ([203.0, 0.0, 0.0], [0.447_073_341, -0.129_569_851, 0.399_201_267]),
            ([10.0, 300.0, 40.0], [0.574_313_393, -0.280_854_348, -0.121_395_356]),
            ([1000.0, 400.0, 50.0], [0.684_213_754, -0.220_858_262, 0.165_571_587]),
        ] {
            let got = ictcp.from_nits(rgb);
            for (got, expected) in got.into_iter().zip(expected) {
                assert!((got - expected).abs() < 1e-8, "{rgb:?}: {got} {expected}");
            }
            for (back, nits) in ictcp.to_nits(got).into_iter().zip(rgb) {
                assert!((back - nits).abs() < 1e-6 * (1.0 + nits), "{rgb:?}: {back}");
            }
        }
        let (a, b) = (ictcp.from_nits([100.0, 50.0, 20.0]), ictcp.from_nits([102.0, 50.0, 22.0]));
        assert!((delta_e(a, b) - 3.790_852_491).abs() < 1e-6);
    }
}
