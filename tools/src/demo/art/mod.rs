//! Draws the images of the demo catalogue from a seed: posters, backdrops and portraits.
//!
//! An image is first drawn as SVG, so that the code draws shapes and the result is easy to inspect, and then rendered to pixels. The
//! same seed always gives the same image.

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
