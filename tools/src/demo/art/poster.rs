//! A film's two images: the poster with its title, and the backdrop without.

use super::{
    canvas::{Canvas, WIDTH},
    palette::{Colour, Colours, Palette},
    scene::Scene,
    seed::Seed,
    textile,
};

/// Height of a poster in thousandths of its width: aspect ratio 2:3.
const POSTER_HEIGHT: f32 = 1500.0;
/// Height of a backdrop in thousandths of its width: aspect ratio 16:9.
const BACKDROP_HEIGHT: f32 = 562.5;
const POSTER_PX: u32 = 960;
const BACKDROP_PX: u32 = 1920;
/// Margin on both sides of the lettering.
const MARGIN: f32 = 84.0;

/// The lettering of a poster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lettering<'a> {
    /// The title in Lao, in one or two lines.
    pub(crate) title: &'a [&'a str],
    /// The title in English.
    pub(crate) subtitle: &'a str,
    /// The director's credit.
    pub(crate) credit: &'a str,
}

/// Returns the width of a text (text, font family, weight) in thousandths of its font size.
pub(crate) type Measure<'a> = &'a dyn Fn(&str, &str, u16) -> f32;

const LAO: &str = "Noto Sans Lao";
const LATIN: &str = "Noto Sans";
/// Space between capital letters, as a share of their size.
const SPACING: f32 = 0.2;

/// Returns the backdrop as SVG.
pub(crate) fn backdrop(name: &str, scene: Scene, palette: Palette) -> String {
    let mut canvas = Canvas::new(BACKDROP_HEIGHT);
    scene.draw(&mut canvas, &mut Seed::of(name), &palette.colours());
    canvas.into_svg(BACKDROP_PX)
}

/// Returns the poster as SVG. It has no lettering if the fonts are missing.
pub(crate) fn poster(
    name: &str,
    scene: Scene,
    palette: Palette,
    lettering: Option<(Lettering<'_>, Measure<'_>)>,
) -> String {
    let colours = palette.colours();
    let mut canvas = Canvas::new(POSTER_HEIGHT);
    let mut seed = Seed::of(name);
    scene.draw(&mut canvas, &mut seed, &colours);
    let framed = seed.once_in(3);
    let bordered = !framed && !scene.is_full() && !scene.is_quiet_below() && seed.once_in(2);
    if bordered && scene != Scene::StiltHouse {
        textile::border(&mut canvas, &mut seed, &colours, POSTER_HEIGHT - 128.0, 128.0);
    }
    if let Some((lettering, measure)) = lettering {
        draw_lettering(&mut canvas, scene, &colours, lettering, measure);
    }
    if framed {
        let paint = colours.paper.to_string();
        canvas.raw(&format!(
            "<rect x=\"17\" y=\"17\" width=\"966\" height=\"{}\" fill=\"none\" stroke=\"{paint}\" stroke-width=\"34\"/>",
            POSTER_HEIGHT - 34.0
        ));
    }
    canvas.into_svg(POSTER_PX)
}

fn draw_lettering(
    canvas: &mut Canvas,
    scene: Scene,
    colours: &Colours,
    lettering: Lettering<'_>,
    measure: Measure<'_>,
) {
    let line_width = WIDTH - 2.0 * MARGIN;
    let lines = count_lines(lettering.title);
    let widest = lettering.title.iter().map(|line| measure(line, LAO, 700)).fold(1.0, f32::max);
    let size = (line_width / widest * 1000.0).min(if lines > 1.0 { 136.0 } else { 168.0 });
    // Lao vowels and tone marks are above and below the letters.
    let leading = size * 1.34;
    let subtitle = lettering.subtitle.to_uppercase();
    let letters = f32::from(u16::try_from(subtitle.chars().count()).unwrap_or(u16::MAX));
    let wide = measure(&subtitle, LATIN, 700) + letters * SPACING * 1000.0;
    let small = (line_width / wide * 1000.0).min(33.0);
    // From the top of the first line's marks to the bottom of the credit.
    let tall = leading * lines + small * 1.5 + 58.0;
    let below = scene.is_quiet_below();
    let top = match (scene.is_full(), below) {
        (true, _) => (canvas.height - tall) / 2.0,
        (false, true) => canvas.height - tall - 84.0,
        (false, false) => 88.0,
    };
    if scene.is_full() {
        let ground = colours.ink.mix(colours.near, 0.15).to_string();
        let (from, to) = (top - 66.0, top + tall + 62.0);
        canvas.rect((0.0, from), (WIDTH, to - from), &ground);
        for (y, thick, colour) in [
            (from, 7.0, colours.light),
            (from + 15.0, 3.0, colours.accent),
            (to - 18.0, 3.0, colours.accent),
            (to - 7.0, 7.0, colours.light),
        ] {
            canvas.rect((0.0, y), (WIDTH, thick), &colour.to_string());
        }
    } else {
        let (from, to) = if below { (0.0, 0.82) } else { (0.55, 0.0) };
        let shade = canvas.fade(&[(0.0, colours.ink, from), (1.0, colours.ink, to)]);
        let y = if below { top - 190.0 } else { 0.0 };
        canvas.rect((0.0, y), (WIDTH, tall + 290.0), &shade);
    }
    let bright = bright(colours);
    let mut y = top + size * 1.04;
    for line in lettering.title {
        text(canvas, line, y, (LAO, 700, size), &bright.to_string());
        y += leading;
    }
    y += small * 1.5 - size * 0.92;
    text(canvas, &subtitle, y, (LATIN, 700, small), &colours.light.mix(bright, 0.2).to_string());
    text(canvas, lettering.credit, y + 58.0, (LAO, 400, 27.0), &bright.mix(colours.haze, 0.15).to_string());
}

/// Returns a light colour for lettering on a dark background, even if the palette's paper is dark.
fn bright(colours: &Colours) -> Colour {
    if colours.paper.0[0] > 128.0 { colours.paper } else { colours.light }
}

fn count_lines(lines: &[&str]) -> f32 {
    f32::from(u16::try_from(lines.len()).unwrap_or(u16::MAX))
}

/// Draws a centred line of text, with wide spacing between capital letters.
fn text(canvas: &mut Canvas, text: &str, y: f32, (family, weight, size): (&str, u16, f32), paint: &str) {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let spacing = if family == LATIN { size * SPACING } else { 0.0 };
    canvas.raw(&format!(
        "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-family=\"{family}\" font-weight=\"{weight}\" font-size=\"{size:.1}\" letter-spacing=\"{spacing:.1}\" fill=\"{paint}\">{escaped}</text>",
        500.0 + spacing / 2.0
    ));
}
