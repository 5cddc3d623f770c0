//! Transfer functions of SDR displays with a black of 0. Light is relative to white, 0 to 1.

/// Exponent of BT.1886 (Annex 1).
const BT1886: f64 = 2.4;

/// Exponent of the DCDM (SMPTE ST 428-1).
const CINEMA: f64 = 2.6;

/// EOTF of BT.1886; negative signals give negative light.
pub fn from_bt1886(signal: f64) -> f64 {
    signal.abs().powf(BT1886).copysign(signal)
}

/// Inverse EOTF of BT.1886. Light outside 0 to 1 is clamped.
pub fn to_bt1886(light: f64) -> f64 {
    light.clamp(0.0, 1.0).powf(1.0 / BT1886)
}

/// EOTF with gamma 2.6; negative signals give negative light.
pub fn from_cinema(signal: f64) -> f64 {
    signal.abs().powf(CINEMA).copysign(signal)
}

/// Inverse EOTF with gamma 2.6, for light of at least 0.
pub fn to_cinema(light: f64) -> f64 {
    light.max(0.0).powf(1.0 / CINEMA)
}

/// EOTF of sRGB (IEC 61966-2-1); negative signals give negative light.
pub fn from_srgb(signal: f64) -> f64 {
    let size = signal.abs();
    let light = if size <= 0.04045 { size / 12.92 } else { ((size + 0.055) / 1.055).powf(2.4) };
    light.copysign(signal)
}
