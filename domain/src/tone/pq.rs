//! Perceptual quantizer (BT.2100-3 Table 4, the same as SMPTE ST 2084).

/// m1 of BT.2100-3 Table 4.
const M1: f64 = 2610.0 / 16384.0;
/// m2 of BT.2100-3 Table 4.
const M2: f64 = 2523.0 / 4096.0 * 128.0;
/// c1 of BT.2100-3 Table 4.
const C1: f64 = 3424.0 / 4096.0;
/// c2 of BT.2100-3 Table 4.
const C2: f64 = 2413.0 / 4096.0 * 32.0;
/// c3 of BT.2100-3 Table 4.
const C3: f64 = 2392.0 / 4096.0 * 32.0;

/// Luminance of the signal 1, in cd/m² (BT.2100-3 Table 4).
pub const PEAK: f64 = 10_000.0;

/// EOTF: display light in cd/m² of a non-linear signal. Signals outside 0 to 1 are clamped.
pub fn to_nits(signal: f64) -> f64 {
    let power = signal.clamp(0.0, 1.0).powf(1.0 / M2);
    PEAK * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// Inverse EOTF: the non-linear signal, 0 to 1, of display light in cd/m². Light outside 0 to 10,000 cd/m² is clamped.
pub fn from_nits(nits: f64) -> f64 {
    let power = (nits / PEAK).clamp(0.0, 1.0).powf(M1);
    ((C1 + C2 * power) / (1.0 + C3 * power)).powf(M2)
}

#[cfg(test)]
mod tests {
    use super::{from_nits, to_nits};

    /// `colour-science` 0.4.7 for Python: `eotf_ST2084`, `eotf_inverse_ST2084`.
    #[test]
    fn equals_the_published_curve() {
        for (signal, nits) in [
            (0.1, 0.324_565_591_5),
            (0.25, 5.154_176_009_8),
            (0.5, 92.245_708_994),
            (0.75, 983.377_855_59),
            (1.0, 10_000.0),
        ] {
            assert!((to_nits(signal) / nits - 1.0).abs() < 1e-9, "{signal}");
        }
        for (nits, signal) in [
            (0.005, 0.015_076_399_0),
            (0.1, 0.062_336_865_7),
            (100.0, 0.508_078_421_5),
            (203.0, 0.580_688_881_0),
            (1000.0, 0.751_827_096_2),
            (4000.0, 0.902_572_393_3),
            (10_000.0, 1.0),
        ] {
            assert!((from_nits(nits) - signal).abs() < 1e-9, "{nits}");
        }
    }

    #[test]
    fn the_inverse_returns_the_signal() {
        for step in 0..=1000 {
            let signal = f64::from(step) / 1000.0;
            assert!((from_nits(to_nits(signal)) - signal).abs() < 1e-6, "{signal}");
        }
    }
}
