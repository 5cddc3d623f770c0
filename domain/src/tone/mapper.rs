//! The exact conversion of one colour, in `f64`. The look-up table samples it.

use super::{
    eetf::Eetf,
    gamut, hlg,
    ictcp::Ictcp,
    matrix::{Input, Matrix},
    pq,
    primaries::{BT709, BT2020, D65, DCI_WHITE, P3, adaptation, xyz},
    sdr,
    transform::{CinemaWhite, P3Transfer, Transform},
    vector::{Matrix3, apply, multiply},
};

/// Luminance of SDR white, in cd/m²: the HDR reference white (BT.2408-7 section 2.2).
const SDR_WHITE: f64 = 203.0;

/// Nominal peak of the display for HLG, in cd/m² (BT.2100-3 Table 5).
const HLG_PEAK: f64 = 1000.0;

/// Luminance of the code 4095 of X'Y'Z', in cd/m² (SMPTE ST 428-1).
const CINEMA_PEAK: f64 = 52.37;

/// Luminance of white on a cinema screen, in cd/m² (SMPTE ST 431-1).
const CINEMA_WHITE: f64 = 48.0;

/// Signals beyond this are clamped. Table nodes outside the valid signals must extend the function smoothly, or colours beside them
/// are interpolated wrongly.
const SIGNAL_LIMIT: f64 = 1.25;

/// Headroom of the table above the PQ signal of the peak, because some films are brighter than they state: 1000 cd/m² becomes 2000.
const HEADROOM: f64 = 1.1;

/// The code range of the output: 8 bits, limited.
const OUTPUT: Input = Input { matrix: Matrix::Bt709, full_range: false, bit_depth: 8 };

/// The exact conversion for a [`Transform`] and a [`Matrix`].
#[derive(Clone, Debug)]
pub struct Mapper {
    transform: Transform,
    matrix: Matrix,
    reach: [f64; 3],
    eetf: Eetf,
    ictcp: Ictcp,
    to_bt709: Matrix3,
}

impl Mapper {
    /// Computes the constants of the conversion.
    pub fn new(transform: Transform, matrix: Matrix) -> Self {
        let peak = match transform {
            Transform::Pq { peak_nits } => f64::from(peak_nits).clamp(SDR_WHITE, pq::PEAK),
            _ => HLG_PEAK,
        };
        let reach = match transform {
            Transform::Pq { .. } => [(pq::from_nits(peak) * HEADROOM).min(1.0); 3],
            Transform::CinemaXyz { white } => cinema_white(white),
            _ => [1.0; 3],
        };
        let to_bt709 = match transform {
            Transform::Pq { .. } | Transform::Hlg | Transform::Bt2020Sdr => BT2020.to(BT709),
            Transform::P3 { .. } => P3.to(BT709),
            Transform::CinemaXyz { white: CinemaWhite::D65 } => BT709.from_xyz(),
            Transform::CinemaXyz { white: CinemaWhite::Dci } => {
                multiply(&BT709.from_xyz(), &adaptation(DCI_WHITE, D65))
            }
        };
        let eetf = Eetf::new(0.0, peak, 0.0, SDR_WHITE);
        Self { transform, matrix, reach, eetf, ictcp: Ictcp::default(), to_bt709 }
    }

    /// Largest luma or component that the table covers, per component; colour differences are covered from minus to plus a half of it.
    ///
    /// A smaller range has finer nodes. For X'Y'Z' it is white, so that white and the greys, which have equal parts of it, are nodes.
    /// Projectors show nothing beyond white in any component.
    pub(super) fn reach(&self) -> [f64; 3] {
        self.reach
    }

    /// Converts the [signal](super::matrix) of one colour to 8-bit BT.709 codes of limited range, not rounded: luma 16 to 235, chroma 16
    /// to 240.
    pub fn map(&self, signal: [f64; 3]) -> [f64; 3] {
        let rgb = gamut::fit(self.light(signal)).map(sdr::to_bt1886);
        OUTPUT.codes(OUTPUT.matrix.from_rgb(rgb))
    }

    /// Linear light with BT.709 primaries relative to SDR white, after tone mapping and before the gamut is reduced.
    fn light(&self, signal: [f64; 3]) -> [f64; 3] {
        let signal = self.matrix.to_rgb(signal).map(|component| component.clamp(-SIGNAL_LIMIT, SIGNAL_LIMIT));
        let light = match self.transform {
            Transform::Pq { .. } => {
                self.tone_map(signal.map(|component| pq::to_nits(component.abs()).copysign(component)))
            }
            Transform::Hlg => self.tone_map(hlg::ootf(signal.map(hlg::inverse_oetf), HLG_PEAK)),
            Transform::Bt2020Sdr | Transform::P3 { transfer: P3Transfer::Bt1886 } => {
                signal.map(sdr::from_bt1886)
            }
            Transform::P3 { transfer: P3Transfer::Srgb } => signal.map(sdr::from_srgb),
            Transform::P3 { transfer: P3Transfer::Gamma26 } => signal.map(sdr::from_cinema),
            Transform::CinemaXyz { .. } => {
                signal.map(|component| sdr::from_cinema(component) * CINEMA_PEAK / CINEMA_WHITE)
            }
        };
        apply(&self.to_bt709, light)
    }

    /// Display light in cd/m² to light relative to SDR white; both have BT.2020 primaries.
    fn tone_map(&self, nits: [f64; 3]) -> [f64; 3] {
        let [intensity, ct, cp] = self.ictcp.from_nits(nits);
        let mapped = self.eetf.apply(intensity);
        // BT.2390-11 section 5.4: saturation follows the change of intensity.
        let saturation = if intensity > 0.0 { (mapped / intensity).min(intensity / mapped) } else { 0.0 };
        self.ictcp.to_nits([mapped, ct * saturation, cp * saturation]).map(|component| component / SDR_WHITE)
    }
}

/// X'Y'Z' of white on a cinema screen.
fn cinema_white(white: CinemaWhite) -> [f64; 3] {
    let chromaticity = match white {
        CinemaWhite::D65 => D65,
        CinemaWhite::Dci => DCI_WHITE,
    };
    xyz(chromaticity).map(|component| sdr::to_cinema(component * CINEMA_WHITE / CINEMA_PEAK))
}
