//! Reduction of colours to the gamut of an SDR display, in linear light relative to white.
//!
//! Cutting off each channel would shift hues and flatten detail. Instead:
//!
//! 1. A component above white scales all three down, which keeps the chromaticity, and the colour moves a little towards white, so that
//!    brighter light stays distinguishable.
//! 2. Where a component is negative or nearly 0, the colour moves on the straight line to the grey of the same luminance. Up to 80 % of
//!    the way to the boundary colours are unchanged; the rest of the way is shared by all colours beyond, so there is no visible edge.

use super::vector::Vector;

/// Weights of linear BT.709 in luminance: the second row of its matrix to CIE XYZ (SMPTE RP 177).
const LUMINANCE: Vector = [0.212_639_005_9, 0.715_168_678_8, 0.072_192_315_4];

/// Up to this part of the distance from grey to the boundary colours are unchanged.
const UNCHANGED: f64 = 0.8;

/// How fast colours above white turn white: twice the light keeps 2 to the power of minus this of its distance from white.
///
/// With 0 the result is nearest to the original by ΔE ITP, but all saturated highlights of a hue are the same colour. 0.1 costs 1 % of
/// ΔE and turns pure red of 1000 cd/m² into a red with 85 % of its saturation. To take saturation only, and keep luminance, costs
/// 60 %.
const WHITENING: f64 = 0.1;

/// Moves linear BT.709 into the gamut: all components of the result are 0 to 1.
pub fn fit(rgb: [f64; 3]) -> [f64; 3] {
    let largest = rgb.into_iter().fold(1.0, f64::max);
    let kept = largest.powf(-WHITENING);
    let rgb = rgb.map(|component| 1.0 - (1.0 - component / largest) * kept);
    let grey = rgb[0] * LUMINANCE[0] + rgb[1] * LUMINANCE[1] + rgb[2] * LUMINANCE[2];
    if grey <= 0.0 {
        return [0.0; 3];
    }
    let distance = (grey - rgb.into_iter().fold(grey, f64::min)) / grey;
    let factor = if distance <= UNCHANGED { 1.0 } else { compress(distance) / distance };
    rgb.map(|component| (grey + (component - grey) * factor).clamp(0.0, 1.0))
}

/// Distances from 0.8 to infinity become 0.8 to 1, with a slope of 1 at the start. The curve is the one of the ACES reference gamut
/// compression with a power of 2.
fn compress(distance: f64) -> f64 {
    let span = 1.0 - UNCHANGED;
    let x = (distance - UNCHANGED) / span;
    UNCHANGED + span * x / (1.0 + x * x).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{LUMINANCE, fit};
    use crate::tone::primaries::{BT709, BT2020};

    fn luminance(rgb: [f64; 3]) -> f64 {
        rgb.into_iter().zip(LUMINANCE).map(|(component, weight)| component * weight).sum()
    }

    #[test]
    fn the_weights_are_those_of_the_primaries() {
        for (weight, expected) in LUMINANCE.into_iter().zip(BT709.to_xyz()[1]) {
            assert!((weight - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn colours_well_inside_and_greys_are_unchanged() {
        for rgb in [[0.5, 0.4, 0.3], [0.9, 0.7, 0.2], [0.1, 0.1, 0.03], [0.0; 3], [0.5; 3], [1.0; 3]] {
            for (got, expected) in fit(rgb).into_iter().zip(rgb) {
                assert!((got - expected).abs() < 1e-12, "{rgb:?}");
            }
        }
    }

    #[test]
    fn colours_outside_come_inside_with_their_luminance() {
        let columns = BT2020.to(BT709);
        for primary in 0..3 {
            // At 60 % no component is above 1 in BT.709.
            let rgb = columns.map(|row| row[primary] * 0.6);
            let fitted = fit(rgb);
            assert!(fitted.iter().all(|component| (0.0..=1.0).contains(component)), "{fitted:?}");
            assert!((luminance(fitted) - luminance(rgb)).abs() < 1e-6, "{rgb:?} {fitted:?}");
        }
    }

    #[test]
    fn brighter_light_is_never_darker_and_turns_white() {
        let mut before = 0.0;
        for step in 0..2000 {
            let fitted = fit([f64::from(step) / 100.0, f64::from(step) / 400.0, 0.0]);
            assert!(luminance(fitted) >= before, "{step}");
            before = luminance(fitted);
        }
        assert!(fit([1e12, 0.0, 0.0])[1] > 0.9);
    }

    #[test]
    fn neighbouring_colours_stay_neighbours() {
        for step in 0..3000 {
            let light = |offset: f64| [1.5, (f64::from(step) + offset) / 1000.0 - 1.0, 0.1];
            for (a, b) in fit(light(0.0)).into_iter().zip(fit(light(1.0))) {
                assert!((a - b).abs() < 0.01, "{step}");
            }
        }
    }
}
