//! Tone mapping: converts HDR and wide-gamut video to SDR BT.709 through a 3D look-up table.
//!
//! [`Transform`] and [`Input`] describe a conversion and are part of an encoding plan. [`Mapper`] computes it exactly, in `f64`.
//! [`Lut`] samples a `Mapper` once per film on a grid of 65 × 65 × 65 nodes, and converts frames with integer arithmetic.
//!
//! The same transform and input give the same table in each run of the same build: the calculations have a fixed order and use no
//! state. C libraries may differ in the last bit of `powf`, which is less than a millionth of the table's precision.
//!
//! # Stages
//!
//! 1. Codes to R'G'B' or X'Y'Z' ([`matrix`]), and to linear light as the reference display emits it ([`pq`], [`hlg`], [`sdr`]).
//! 2. HDR only: the BT.2390 EETF ([`eetf`]) on the intensity of `ICtCp` ([`ictcp`]), from the source's peak to 203 cd/m².
//! 3. BT.709 primaries ([`primaries`]); colours near or outside the gamut lose saturation gradually ([`gamut`]).
//! 4. The inverse of BT.1886 for a display with a black of 0, and BT.709 Y'C'bC'r of limited range.
//!
//! # Choices
//!
//! **SDR white is 203 cd/m²**, the HDR reference white of BT.2408 section 2.2, so shadows and midtones keep their brightness
//! relative to diffuse white. With a peak of 1000 cd/m² everything below 88 cd/m² is unchanged, and diffuse white is 90 % of the SDR
//! signal; the rest is for highlights. With a peak of 4000 cd/m² diffuse white is 83 %.
//!
//! **SDR black is 0.** libplacebo assumes a contrast of 1000:1, raises shadows for it, and encodes for such a display. The two steps
//! match on that display only; on others shadows are darker or lighter than graded. The conversions of BT.2446 use a plain gamma of
//! 2.4, too.
//!
//! **Intensity, not R'G'B'.** Curves on each channel shift hues (orange flames turn yellow). Curves on the largest channel keep
//! hue and saturation, but darken bright saturated colours by as much as white. On the intensity of `ICtCp` hue is constant,
//! brightness follows the eye, and highlights lose saturation as BT.2390 section 5.4 prescribes.

pub mod dither;
pub mod eetf;
pub mod gamut;
pub mod hlg;
pub mod ictcp;
mod lut;
mod mapper;
pub mod matrix;
pub mod pq;
pub mod primaries;
mod rows;
pub mod sdr;
mod transform;
mod vector;

pub use lut::{GRID, Lut};
pub use mapper::Mapper;
pub use matrix::{Input, Matrix};
pub use rows::{Rows420, Rows420Mut, RowsPacked};
pub use transform::{CinemaWhite, P3Transfer, Transform};
