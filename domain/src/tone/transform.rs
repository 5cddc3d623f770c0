//! Kinds of video that are converted to SDR BT.709, as an encoding plan stores them.

use serde::{Deserialize, Serialize};

/// The colours of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Transform {
    /// HDR with PQ and BT.2020 primaries (BT.2100-3).
    Pq {
        /// Brightest content, in cd/m²: `MaxCLL`, else the peak of the mastering display. Brighter light is clamped. Less than 203
        /// counts as 203, more than 10,000 as 10,000.
        peak_nits: u32,
    },
    /// HDR with HLG and BT.2020 primaries, shown as on a display with a nominal peak of 1000 cd/m² (BT.2100-3).
    Hlg,
    /// SDR with BT.2020 primaries; the transfer functions `bt709`, `bt2020-10` and `bt2020-12` all mean a BT.1886 display.
    Bt2020Sdr,
    /// SDR with P3 primaries and a white of D65 (Display P3, P3-D65).
    P3 {
        /// Transfer function.
        transfer: P3Transfer,
    },
    /// X'Y'Z' of digital cinema (SMPTE ST 428-1): three components of full range, [`Matrix::Rgb`](super::Matrix::Rgb).
    CinemaXyz {
        /// The white of the master.
        #[serde(default)]
        white: CinemaWhite,
    },
}

/// Transfer function of SDR with P3 primaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum P3Transfer {
    /// BT.1886, for video that states `bt709`.
    Bt1886,
    /// IEC 61966-2-1.
    Srgb,
    /// Gamma 2.6, for cinema masters that state `smpte428` or DCI-P3.
    Gamma26,
}

/// The white of a cinema master, which the file does not state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CinemaWhite {
    /// D65: X'Y'Z' is converted without adaptation. The default, because DCP-o-matic and libdcp keep D65 when they convert BT.709 and
    /// P3 to X'Y'Z', and convert back without adaptation, and because masters that are graded with another white are seldom marked.
    #[default]
    D65,
    /// The projector's calibrated white of SMPTE RP 431-2 (x 0.314, y 0.351), adapted to D65 by Bradford. For masters whose white is
    /// greenish with the default.
    Dci,
}
