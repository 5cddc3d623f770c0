//! Hybrid log-gamma (BT.2100-3 Table 5), for a display with a black of 0.

/// a of BT.2100-3 Table 5.
const A: f64 = 0.178_832_77;
/// b of BT.2100-3 Table 5: 1 − 4a.
const B: f64 = 1.0 - 4.0 * A;

/// c of BT.2100-3 Table 5: 0.5 − a · ln(4a) = 0.559 910 73.
fn c() -> f64 {
    0.5 - A * (4.0 * A).ln()
}

/// OETF: the signal of scene light, both 0 to 1.
pub fn oetf(scene: f64) -> f64 {
    if scene <= 1.0 / 12.0 { (3.0 * scene.max(0.0)).sqrt() } else { A * (12.0 * scene - B).ln() + c() }
}

/// Inverse OETF: scene light of a signal. Signals above 1 give light above 1, negative signals negative light of the same size.
pub fn inverse_oetf(signal: f64) -> f64 {
    let size = signal.abs();
    let scene = if size <= 0.5 { size * size / 3.0 } else { (((size - c()) / A).exp() + B) / 12.0 };
    scene.copysign(signal)
}

/// System gamma of a display with a nominal peak in cd/m², 400 to 2000 (BT.2100-3 Table 5).
pub fn system_gamma(peak_nits: f64) -> f64 {
    1.2 + 0.42 * (peak_nits / 1000.0).log10()
}

/// OOTF: display light in cd/m² of scene light with BT.2020 primaries.
pub fn ootf(scene: [f64; 3], peak_nits: f64) -> [f64; 3] {
    // Luminance by the coefficients of BT.2100-3 Table 5.
    let luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
    let gain = peak_nits * luminance.max(0.0).powf(system_gamma(peak_nits) - 1.0);
    scene.map(|component| component * gain)
}

#[cfg(test)]
mod tests {
    use super::{inverse_oetf, oetf, ootf, system_gamma};

    fn display(signal: [f64; 3]) -> [f64; 3] {
        ootf(signal.map(inverse_oetf), 1000.0)
    }

    #[test]
    fn the_oetf_equals_the_published_curve() {
        // BT.2100-3 Table 5: the two segments meet at 1/12 and 0.5. The others: `colour-science` 0.4.7, `oetf_BT2100_HLG`.
        for (scene, signal) in [
            (0.0, 0.0),
            (0.01, 0.173_205_08),
            (1.0 / 12.0, 0.5),
            (0.1, 0.544_089_49),
            (0.265, 0.750_027_75),
            (1.0, 1.0),
        ] {
            assert!((oetf(scene) - signal).abs() < 1e-7, "{scene}");
            assert!((inverse_oetf(signal) - scene).abs() < 1e-7, "{signal}");
        }
    }

    #[test]
    fn reference_white_is_203_nits() {
        // BT.2408 Table 1: HDR reference white is 75 % HLG and 203 cd/m².
        assert!((display([0.75; 3])[0] - 203.0).abs() < 0.5);
        assert!((display([1.0; 3])[0] - 1000.0).abs() < 1e-3);
        assert!((system_gamma(1000.0) - 1.2).abs() < 1e-12);
        assert!((system_gamma(2000.0) - 1.326_4).abs() < 1e-4);
    }

    /// `colour-science` 0.4.7, `eotf_BT2100_HLG` with `L_B` 0 and `L_W` 1000.
    #[test]
    fn display_light_equals_the_reference() {
        for (signal, nits) in [
            ([0.5, 0.5, 0.5], [50.697_028_5, 50.697_028_5, 50.697_028_5]),
            ([0.9, 0.3, 0.2], [410.110_929, 21.145_639_4, 9.398_061_9]),
            ([0.2, 0.6, 0.85], [8.676_885, 83.295_652, 290.052_706]),
        ] {
            for (got, expected) in display(signal).into_iter().zip(nits) {
                assert!((got / expected - 1.0).abs() < 1e-5, "{signal:?}: {got} {expected}");
            }
        }
    }
}
