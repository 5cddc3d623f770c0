//! Builds an SVG from shapes. The unit is a thousandth of the image's width, so that scenes do not depend on its size.

use std::fmt::Write;

use super::palette::Colour;

/// A point: x to the right, y down.
pub(super) type Point = (f32, f32);

/// An SVG image that is being drawn. Its width is 1000; its height depends on the aspect ratio.
pub(super) struct Canvas {
    body: String,
    definitions: String,
    gradients: u32,
    pub(super) height: f32,
}

pub(super) const WIDTH: f32 = 1000.0;

impl Canvas {
    pub(super) fn new(height: f32) -> Self {
        Self { body: String::new(), definitions: String::new(), gradients: 0, height }
    }

    /// Returns the SVG. It renders `width_px` pixels wide.
    pub(super) fn into_svg(self, width_px: u32) -> String {
        let Self { body, definitions, height, .. } = self;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width_px}" viewBox="0 0 {WIDTH} {height}"><defs>{definitions}</defs>{body}</svg>"#
        )
    }

    /// Adds SVG elements for which this type has no method.
    pub(super) fn raw(&mut self, svg: &str) {
        self.body.push_str(svg);
    }

    /// Defines a vertical gradient of these stops (position from 0 at the top to 1 at the bottom, colour, opacity).
    pub(super) fn fade(&mut self, stops: &[(f32, Colour, f32)]) -> String {
        self.gradient("linearGradient", "x2=\"0\" y2=\"1\"", stops)
    }

    /// Defines a radial gradient of these stops, from the centre outwards.
    pub(super) fn glow(&mut self, stops: &[(f32, Colour, f32)]) -> String {
        self.gradient("radialGradient", "", stops)
    }

    fn gradient(&mut self, element: &str, attributes: &str, stops: &[(f32, Colour, f32)]) -> String {
        self.gradients += 1;
        let id = self.gradients;
        let _ = write!(self.definitions, "<{element} id=\"g{id}\" {attributes}>");
        for (place, colour, opacity) in stops {
            let _ = write!(
                self.definitions,
                "<stop offset=\"{place:.3}\" stop-color=\"{colour}\" stop-opacity=\"{opacity:.3}\"/>"
            );
        }
        let _ = write!(self.definitions, "</{element}>");
        format!("url(#g{id})")
    }

    pub(super) fn rect(&mut self, (x, y): Point, (width, height): Point, paint: &str) {
        let _ = write!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{paint}\"/>"
        );
    }

    pub(super) fn disc(&mut self, (x, y): Point, radius: f32, paint: &str) {
        let _ = write!(self.body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{paint}\"/>");
    }

    /// Adds an ellipse that is rotated by `degrees` around its centre.
    pub(super) fn oval(&mut self, (x, y): Point, (across, down): Point, degrees: f32, paint: &str) {
        let _ = write!(
            self.body,
            "<ellipse rx=\"{across:.1}\" ry=\"{down:.1}\" transform=\"translate({x:.1} {y:.1}) rotate({degrees:.1})\" fill=\"{paint}\"/>"
        );
    }

    /// Adds a filled path in SVG's path syntax.
    pub(super) fn path(&mut self, path: &str, paint: &str) {
        let _ = write!(self.body, "<path d=\"{path}\" fill=\"{paint}\"/>");
    }

    /// Adds a line along a path.
    pub(super) fn stroke(&mut self, path: &str, width: f32, opacity: f32, paint: &str) {
        let _ = write!(
            self.body,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{paint}\" stroke-width=\"{width:.2}\" stroke-opacity=\"{opacity:.2}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
        );
    }

    /// Fills the area from a line down to the bottom.
    pub(super) fn ground(&mut self, line: &[Point], paint: &str) {
        let mut path = smooth(line);
        let _ = write!(path, "L{WIDTH:.0} {0:.1}L0 {0:.1}Z", self.height + 2.0);
        self.path(&path, paint);
    }
}

/// Returns a curve through the midpoints between these points.
pub(super) fn smooth(line: &[Point]) -> String {
    let Some((first, rest)) = line.split_first() else { return String::new() };
    let mut path = format!("M{:.1} {:.1}", first.0, first.1);
    for pair in rest.windows(2) {
        let middle = (f32::midpoint(pair[0].0, pair[1].0), f32::midpoint(pair[0].1, pair[1].1));
        let _ = write!(path, "Q{:.1} {:.1} {:.1} {:.1}", pair[0].0, pair[0].1, middle.0, middle.1);
    }
    if let Some(last) = rest.last() {
        let _ = write!(path, "L{:.1} {:.1}", last.0, last.1);
    }
    path
}

/// Returns the numbers `0..count` as `f32`.
pub(super) fn steps(count: u16) -> impl Iterator<Item = f32> {
    (0..count).map(f32::from)
}
