//! Reduction of luminance to a smaller range (the EETF of BT.2390-11 section 5.4.1): a straight line, and above a knee a Hermite
//! spline, both on the PQ signal.

use super::pq;

/// An EETF between two displays.
#[derive(Clone, Copy, Debug)]
pub struct Eetf {
    /// PQ signal of the source's black.
    black: f64,
    /// PQ signal of the source's peak minus `black`.
    span: f64,
    /// Target's black, as a part of `span`.
    min: f64,
    /// Target's peak, as a part of `span`, at most 1.
    max: f64,
}

impl Eetf {
    /// Luminances are in cd/m². A target that covers the source leaves it unchanged.
    pub fn new(source_black: f64, source_peak: f64, target_black: f64, target_peak: f64) -> Self {
        let black = pq::from_nits(source_black);
        let span = (pq::from_nits(source_peak) - black).max(f64::EPSILON);
        let part = |nits: f64| (pq::from_nits(nits) - black) / span;
        Self { black, span, min: part(target_black).max(0.0), max: part(target_peak).clamp(0.0, 1.0) }
    }

    /// The target's PQ signal for a PQ signal of the source. Signals outside the source's range are clamped to it.
    pub fn apply(&self, signal: f64) -> f64 {
        let e1 = ((signal - self.black) / self.span).clamp(0.0, 1.0);
        let knee = 1.5 * self.max - 0.5;
        let e2 = if e1 <= knee || knee >= 1.0 { e1 } else { self.spline(e1, knee) };
        // The report's exponent is 4, with which the curve is monotonic for a lift up to 0.25 only. Above, 1 / lift is the
        // largest exponent that keeps it monotonic.
        let exponent = if self.min > 0.25 { 1.0 / self.min } else { 4.0 };
        let e3 = e2 + self.min * (1.0 - e2).max(0.0).powf(exponent);
        e3 * self.span + self.black
    }

    fn spline(&self, e1: f64, knee: f64) -> f64 {
        let t = (e1 - knee) / (1.0 - knee);
        let (t2, t3) = (t * t, t * t * t);
        (2.0 * t3 - 3.0 * t2 + 1.0) * knee
            + (t3 - 2.0 * t2 + t) * (1.0 - knee)
            + (3.0 * t2 - 2.0 * t3) * self.max
    }
}

#[cfg(test)]
mod tests {
    use super::Eetf;
    use crate::tone::pq;

    fn nits(eetf: Eetf, source: f64) -> f64 {
        pq::to_nits(eetf.apply(pq::from_nits(source)))
    }

    /// The formulas of BT.2390 written in Python on top of `colour-science` 0.4.7's PQ.
    #[test]
    fn equals_the_reference() {
        for ((source_black, source_peak, target_black, target_peak), points) in [
            (
                (0.0, 1000.0, 0.0, 203.0),
                [(10.0, 10.0), (80.0, 80.0), (203.0, 159.041_865), (500.0, 198.856_009)],
            ),
            (
                (0.0, 4000.0, 0.0, 203.0),
                [(26.0, 26.0), (80.0, 73.279_964), (203.0, 127.934_454), (1000.0, 193.696_264)],
            ),
            (
                (0.005, 4000.0, 0.1, 400.0),
                [(0.005, 0.1), (0.1, 0.327_19), (10.0, 11.348_27), (1000.0, 371.976_078)],
            ),
            (
                (0.0, 1000.0, 0.203, 203.0),
                [(0.1, 0.546_071), (1.0, 1.867_855), (100.0, 100.286_576), (500.0, 199.304_404)],
            ),
        ] {
            let eetf = Eetf::new(source_black, source_peak, target_black, target_peak);
            for (source, target) in points {
                let got = nits(eetf, source);
                assert!(
                    (got / target - 1.0).abs() < 1e-5,
                    "{source_peak} {target_peak}: {source} {got} {target}"
                );
            }
        }
    }

    #[test]
    fn is_monotonic_and_reaches_both_ends() {
        for (source_black, source_peak) in [(0.0, 300.0), (0.0, 1000.0), (0.005, 4000.0), (0.0, 10_000.0)] {
            for (target_black, target_peak) in [(0.0, 100.0), (0.0, 203.0), (0.1, 203.0), (5.0, 100.0)] {
                let eetf = Eetf::new(source_black, source_peak, target_black, target_peak);
                assert!((nits(eetf, source_black) - target_black.max(source_black)).abs() < 1e-3);
                // The lift of black adds a little at the peak, too, as in the report.
                assert!((nits(eetf, source_peak) / target_peak - 1.0).abs() < 0.2);
                let mut before = 0.0;
                for step in 0..=2000 {
                    let signal = eetf.apply(f64::from(step) / 2000.0);
                    assert!(signal >= before, "{source_peak} {target_black} {target_peak} {step}");
                    before = signal;
                }
            }
        }
    }

    #[test]
    fn a_target_that_covers_the_source_changes_nothing() {
        let eetf = Eetf::new(0.005, 203.0, 0.0, 500.0);
        for source in [0.005, 0.1, 10.0, 203.0] {
            assert!((nits(eetf, source) / source - 1.0).abs() < 1e-9);
        }
    }
}
