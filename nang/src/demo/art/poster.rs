//! A film's two pictures: the upright one with its title, and the wide one without.

use super::{
    canvas::{Canvas, WIDTH},
    palette::{Colours, Palette},
    scene::Scene,
    seed::Seed,
    textile,
};

/// Height of a poster in thousandths of its width: two to three.
const POSTER_HEIGHT: f32 = 1500.0;
/// Height of a backdrop: nine to sixteen.
const BACKDROP_HEIGHT: f32 = 562.5;
const POSTER_PX: u32 = 960;
const BACKDROP_PX: u32 = 1920;
/// Room on both sides of letters.
const MARGIN: f32 = 84.0;

/// What is written on a poster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lettering<'a> {
    /// The title in Lao, one or two lines.
    pub(crate) title: &'a [&'a str],
    /// The title in English.
    pub(crate) subtitle: &'a str,
    /// Who made it.
    pub(crate) credit: &'a str,
}

/// How wide a text is, in thousandths of its size: (text, family, weight).
pub(crate) type Measure<'a> = &'a dyn Fn(&str, &str, u16) -> f32;

const LAO: &str = "Noto Sans Lao";
const LATIN: &str = "Noto Serif Display";

/// The wide picture as SVG.
pub(crate) fn backdrop(name: &str, scene: Scene, palette: Palette) -> String {
    let mut canvas = Canvas::new(BACKDROP_HEIGHT);
    scene.draw(&mut canvas, &mut Seed::of(name), &palette.colours());
    canvas.into_svg(BACKDROP_PX)
}

/// The poster as SVG; without lettering where there is no font.
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
        letters(&mut canvas, scene, &colours, lettering, measure);
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

fn letters(canvas: &mut Canvas, scene: Scene, colours: &Colours, lettering: Lettering<'_>, measure: Measure<'_>) {
    let room = WIDTH - 2.0 * MARGIN;
    let widest = lettering.title.iter().map(|line| measure(line, LAO, 700)).fold(1.0, f32::max);
    let size = (room / widest * 1000.0).min(if lettering.title.len() > 1 { 150.0 } else { 176.0 });
    // Lao vowels and tone marks stand above and below the letters.
    let leading = size * 1.38;
    let spaced = 1.0 + 0.09 * count(lettering.subtitle) * 40.0 / measure(lettering.subtitle, LATIN, 400).max(1.0);
    let small = (room / (measure(lettering.subtitle, LATIN, 400) * spaced) * 1000.0).min(47.0);
    let tall = leading * count_lines(lettering.title) + small * 2.0;
    let below = scene.is_quiet_below();
    let top = if scene.is_full() {
        (canvas.height - tall) / 2.0 - 30.0
    } else if below {
        canvas.height - tall - 150.0
    } else {
        98.0
    };
    if scene.is_full() {
        let ground = colours.ink.mix(colours.near, 0.15).to_string();
        canvas.rect((0.0, top - 62.0), (WIDTH, tall + 124.0), &ground);
        for (y, thick, colour) in [
            (top - 62.0, 7.0, colours.light),
            (top - 46.0, 3.0, colours.accent),
            (top + tall + 55.0, 7.0, colours.light),
            (top + tall + 43.0, 3.0, colours.accent),
        ] {
            canvas.rect((0.0, y), (WIDTH, thick), &colour.to_string());
        }
    } else {
        let (from, to) = if below { (0.0, 0.78) } else { (0.5, 0.0) };
        let shade = canvas.fade(&[(0.0, colours.ink, from), (1.0, colours.ink, to)]);
        let y = if below { top - 150.0 } else { 0.0 };
        canvas.rect((0.0, y), (WIDTH, tall + 310.0), &shade);
    }
    let paper = if scene.is_full() || colours.paper.0[0] > 128.0 { bright(colours) } else { colours.paper.to_string() };
    let mut y = top + size * 0.98;
    for line in lettering.title {
        text(canvas, line, (500.0, y), LAO, 700, size, 0.0, &paper);
        y += leading;
    }
    y += small * 0.55 - leading * 0.32;
    text(canvas, &lettering.subtitle.to_uppercase(), (500.0, y), LATIN, 400, small, small * 0.09, &bright_light(colours));
    let foot = if below { canvas.height - 66.0 } else { y + small * 1.5 };
    text(canvas, lettering.credit, (500.0, foot), LAO, 400, 27.0, 0.6, &paper);
}

/// Letters on dark ground are light, whatever the palette's paper is.
fn bright(colours: &Colours) -> String {
    if colours.paper.0[0] > 128.0 { colours.paper.to_string() } else { colours.light.to_string() }
}

fn bright_light(colours: &Colours) -> String {
    colours.light.mix(colours.paper, if colours.paper.0[0] > 128.0 { 0.25 } else { 0.0 }).to_string()
}

fn count(text: &str) -> f32 {
    f32::from(u16::try_from(text.chars().count()).unwrap_or(u16::MAX))
}

fn count_lines(lines: &[&str]) -> f32 {
    f32::from(u16::try_from(lines.len()).unwrap_or(u16::MAX))
}

#[expect(clippy::too_many_arguments, reason = "what an SVG text has")]
fn text(
    canvas: &mut Canvas,
    text: &str,
    (x, y): (f32, f32),
    family: &str,
    weight: u16,
    size: f32,
    spacing: f32,
    paint: &str,
) {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    canvas.raw(&format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-family=\"{family}, Noto Sans Lao, Noto Sans\" font-weight=\"{weight}\" font-size=\"{size:.1}\" letter-spacing=\"{spacing:.1}\" fill=\"{paint}\">{escaped}</text>"
    ));
}
