//! Pictures for made-up films, drawn from a seed: posters, backdrops and portraits.
//!
//! A picture is an SVG text first, so that drawing is a matter of shapes and can be looked at, and pixels after. The same seed draws
//! the same picture; nothing is random.

mod canvas;
mod flora;
mod house;
mod land;
mod palette;
mod portrait;
mod poster;
mod scene;
mod seed;
mod textile;
mod water;

pub(crate) use palette::Palette;
pub(crate) use portrait::portrait;
pub(crate) use poster::{Lettering, Measure, backdrop, poster};
pub(crate) use scene::Scene;
