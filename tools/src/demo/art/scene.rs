//! The subject of a film's images: each film has one of these scenes, and its seed varies the arrangement.

use serde::Deserialize;

use super::{
    canvas::{Canvas, WIDTH, smooth, steps},
    flora, house, land,
    palette::Colours,
    seed::Seed,
    textile, water,
};

/// A scene to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scene {
    /// Limestone and a river.
    Karst,
    /// The Mekong, a boat, the sun.
    Mekong,
    /// Woven cloth that fills the image.
    Cloth,
    /// Rice on a slope.
    Terraces,
    /// A backlit monastery.
    Monastery,
    /// Trees and shafts of light.
    Forest,
    /// A town in the rain.
    Town,
    /// Lanterns on the water.
    Lanterns,
    /// Lanterns in the sky over hills.
    SkyLanterns,
    /// The Plain of Jars at night.
    Jars,
    /// That Luang.
    Stupa,
    /// Frangipani.
    Champa,
    /// The naga of the river.
    Naga,
    /// A house on stilts under palms.
    StiltHouse,
    /// A road into the hills.
    Road,
    /// Threads on a loom.
    Loom,
}

impl Scene {
    /// Whether the lettering should be at the bottom instead of the top.
    pub(super) fn is_quiet_below(self) -> bool {
        matches!(self, Self::Forest | Self::Road | Self::Naga | Self::Lanterns | Self::Mekong)
    }

    /// Whether the scene fills the image, so that lettering needs its own background.
    pub(super) fn is_full(self) -> bool {
        matches!(self, Self::Cloth | Self::Champa | Self::Loom)
    }

    pub(super) fn draw(self, canvas: &mut Canvas, seed: &mut Seed, colours: &Colours) {
        let height = canvas.height;
        let side = if seed.once_in(2) { -1.0 } else { 1.0 };
        // A wide image is lower, so tall objects are smaller in it.
        let tall = (height / 1500.0).sqrt();
        let off = 500.0 + side * seed.between(90.0, 230.0);
        match self {
            Self::Karst => {
                land::sky(canvas, colours, height * 0.66);
                land::light(canvas, colours, (off, height * 0.43), seed.between(74.0, 110.0));
                land::clouds(canvas, seed, colours.paper, height * 0.36, height * 0.5);
                land::karst(canvas, seed, colours, height * 0.42, height * 0.84);
                water::river(canvas, seed, colours, height * 0.83, off);
                water::boat(canvas, colours, (1000.0 - off, height * 0.9), 210.0, 2);
            }
            Self::Mekong => {
                let horizon = height * 0.5;
                land::sky(canvas, colours, horizon);
                land::clouds(canvas, seed, colours.light, height * 0.08, height * 0.34);
                land::light(
                    canvas,
                    colours,
                    (500.0 + side * 60.0, horizon - height * 0.1),
                    seed.between(120.0, 170.0),
                );
                land::hills(canvas, seed, colours, (horizon - 46.0, horizon - 10.0), 2);
                water::river(canvas, seed, colours, horizon, 500.0 + side * 60.0);
                water::boat(canvas, colours, (500.0 - side * 120.0, height * 0.61), 400.0, 3);
            }
            Self::Cloth => {
                let ground = colours.near;
                textile::cloth(canvas, seed, colours, ((0.0, 0.0), (WIDTH, height)), seed_cell(side), ground);
                let shade = canvas.fade(&[
                    (0.0, colours.ink, 0.45),
                    (0.4, colours.ink, 0.0),
                    (1.0, colours.ink, 0.5),
                ]);
                canvas.rect((0.0, 0.0), (WIDTH, height), &shade);
            }
            Self::Terraces => {
                let top = height * 0.46;
                land::sky(canvas, colours, top);
                land::light(canvas, colours, (off, top - 60.0), seed.between(70.0, 105.0));
                land::hills(canvas, seed, colours, (top - 90.0, top - 20.0), 3);
                land::terraces(canvas, seed, colours, top);
            }
            Self::Monastery => {
                let base = height * 0.83;
                land::sky(canvas, colours, base);
                land::light(canvas, colours, (500.0, base - 430.0 * tall), 235.0 * tall);
                land::hills(canvas, seed, colours, (base - 150.0, base - 60.0), 3);
                house::monastery(canvas, colours, (500.0, base - 8.0), 760.0 * tall);
                flora::palm(canvas, seed, colours, (500.0 + side * 400.0, base + 20.0), 470.0 * tall);
                flora::palm(canvas, seed, colours, (500.0 - side * 450.0, base + 30.0), 330.0 * tall);
                let paint =
                    canvas.fade(&[(0.0, colours.ink, 1.0), (1.0, colours.near.mix(colours.ink, 0.6), 1.0)]);
                canvas.rect((0.0, base + 26.0), (WIDTH, height), &paint);
            }
            Self::Forest => {
                land::sky(canvas, colours, height);
                land::light(canvas, colours, (off, height * 0.3), 120.0);
                flora::forest(canvas, seed, colours);
                flora::leaves(canvas, seed, colours, height * 0.72);
            }
            Self::Town => {
                land::sky(canvas, colours, height * 0.8);
                land::light(canvas, colours, (off, height * 0.42), 64.0);
                house::town(canvas, seed, colours, height * 0.74);
                let shade = canvas.fade(&[(0.0, colours.ink, 0.0), (1.0, colours.ink, 0.75)]);
                canvas.rect((0.0, height * 0.62), (WIDTH, height * 0.4), &shade);
                water::rain(canvas, seed, colours);
            }
            Self::Lanterns => {
                let horizon = height * 0.4;
                land::sky(canvas, colours, horizon);
                land::stars(canvas, seed, colours, horizon * 0.9);
                land::light(canvas, colours, (off, height * 0.16), 56.0);
                land::hills(canvas, seed, colours, (horizon - 50.0, horizon - 14.0), 2);
                water::river(canvas, seed, colours, horizon, off);
                water::lanterns(canvas, seed, colours, horizon);
            }
            Self::SkyLanterns => {
                land::sky(canvas, colours, height * 0.85);
                land::stars(canvas, seed, colours, height * 0.6);
                water::sky_lanterns(canvas, seed, colours, height * 0.74);
                land::hills(canvas, seed, colours, (height * 0.76, height * 0.9), 3);
                house::stupa(canvas, colours, (500.0 + side * 240.0, height * 0.87), 130.0);
            }
            Self::Jars => {
                let horizon = height * 0.68;
                land::sky(canvas, colours, horizon);
                land::stars(canvas, seed, colours, horizon * 0.9);
                land::light(canvas, colours, (off, horizon - 150.0 * tall), 115.0 * tall);
                land::hills(canvas, seed, colours, (horizon - 70.0, horizon + 60.0), 4);
                for row in steps(3) {
                    for place in steps(3) {
                        let x = 140.0 + place * 330.0 + seed.between(-70.0, 70.0) + row * 60.0;
                        let y = horizon + 55.0 + row * (height - horizon) * 0.27 + seed.between(-10.0, 14.0);
                        house::jar(
                            canvas,
                            colours,
                            (x, y),
                            (66.0 + 64.0 * row) * tall,
                            seed.between(-13.0, 13.0),
                        );
                    }
                }
            }
            Self::Stupa => {
                let base = height * 0.86;
                land::sky(canvas, colours, base);
                for ring in steps(7) {
                    let paint = canvas.glow(&[(0.72, colours.light, 0.0), (1.0, colours.light, 0.15)]);
                    canvas.disc((500.0, base - 330.0 * tall), (190.0 + ring * 105.0) * tall, &paint);
                }
                land::hills(canvas, seed, colours, (base - 80.0, base - 30.0), 2);
                for far in [-1.0, 1.0] {
                    house::stupa(canvas, colours, (500.0 + far * 360.0, base), 150.0 * tall);
                }
                house::stupa(canvas, colours, (500.0, base), 470.0 * tall);
                canvas.rect((0.0, base), (WIDTH, height), &colours.ink.to_string());
            }
            Self::Champa => {
                let ground = canvas.fade(&[(0.0, colours.near, 1.0), (1.0, colours.ink, 1.0)]);
                canvas.rect((0.0, 0.0), (WIDTH, height), &ground);
                flora::leaves(canvas, seed, colours, 0.0);
                flora::blossoms(canvas, seed, colours);
            }
            Self::Naga => {
                land::sky(canvas, colours, height);
                land::light(canvas, colours, (500.0, height * 0.3), 175.0 * tall);
                naga(canvas, seed, colours, tall);
            }
            Self::StiltHouse => {
                let base = height * 0.82;
                land::sky(canvas, colours, base);
                land::light(canvas, colours, (off, height * 0.5), 105.0);
                land::clouds(canvas, seed, colours.paper, height * 0.38, height * 0.6);
                land::hills(canvas, seed, colours, (base - 190.0, base - 20.0), 4);
                flora::palm(canvas, seed, colours, (500.0 - side * 330.0, base + 20.0), 520.0 * tall);
                flora::palm(canvas, seed, colours, (500.0 - side * 230.0, base + 20.0), 400.0 * tall);
                house::stilt_house(canvas, colours, (500.0 + side * 90.0, base + 12.0), 400.0 * tall);
                canvas.rect((0.0, base + 10.0), (WIDTH, height), &colours.ink.to_string());
                textile::border(canvas, seed, colours, height - 120.0 * tall, 96.0 * tall);
            }
            Self::Road => {
                let horizon = height * 0.52;
                land::sky(canvas, colours, horizon);
                land::light(canvas, colours, (500.0 + side * 40.0, horizon - 60.0), 130.0);
                land::karst(canvas, seed, colours, horizon - 260.0, horizon + 20.0);
                road(canvas, seed, colours, horizon);
            }
            Self::Loom => loom(canvas, seed, colours),
        }
    }
}

/// Returns one of two thicknesses of threads.
fn seed_cell(side: f32) -> f32 {
    if side < 0.0 { 15.0 } else { 19.0 }
}

/// Draws the river serpent as on temple balustrades.
fn naga(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, tall: f32) {
    let height = canvas.height;
    for wave in steps(16) {
        let y = height * 0.5 + wave * height * 0.034;
        let line: Vec<_> = steps(44)
            .map(|step| (step * 24.0 - 20.0, y + (step * 0.55 + wave * 1.3).sin() * (6.0 + wave)))
            .collect();
        let colour = colours.far.mix(colours.ink, wave / 15.0);
        let paint = canvas.fade(&[(0.0, colour, 0.95), (1.0, colour.mix(colours.ink, 0.5), 1.0)]);
        canvas.ground(&line, &paint);
        canvas.stroke(&smooth(&line), 1.8, 0.5, &colours.light.to_string());
    }
    canvas.raw(&format!("<g transform=\"translate(500 0) scale({tall:.3}) translate(-500 0)\">"));
    let height = height / tall;
    let phase = seed.between(-0.3, 0.3);
    let body: Vec<_> = steps(300)
        .map(|step| {
            let t = step / 299.0;
            let swing = (t * 9.4 + phase).sin() * (70.0 + 280.0 * t.powf(0.7));
            ((500.0 + swing, height * (0.2 + 0.5 * t)), 70.0 * (1.0 - t).powf(0.75) + 7.0)
        })
        .collect();
    for (share, more, colour) in [
        (1.0, 9.0, colours.ink),
        (1.0, 0.0, colours.accent.mix(colours.near, 0.35)),
        (0.78, 0.0, colours.near.mix(colours.accent, 0.2)),
    ] {
        for (at, radius) in body.iter().rev() {
            canvas.disc(*at, radius * share + more, &colour.to_string());
        }
    }
    // Scales, row by row.
    for (row, (at, radius)) in body.iter().enumerate().skip(14).step_by(9) {
        let scale = if row % 2 == 0 { colours.light } else { colours.accent };
        canvas.stroke(
            &format!(
                "M{:.1} {:.1}q{radius:.1} {:.1} {:.1} 0",
                at.0 - radius * 0.72,
                at.1,
                radius * 0.8,
                radius * 1.44
            ),
            (radius * 0.1).max(1.5),
            0.9,
            &scale.to_string(),
        );
    }
    let (x, y) = body[0].0;
    for crest in steps(5) {
        let reach = 150.0 - 17.0 * crest;
        let lean = (crest - 2.0) * 34.0;
        canvas.path(
            &format!(
                "M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}Z",
                x - 44.0,
                y + 8.0,
                x + lean - 30.0,
                y - reach * 0.55,
                x + lean * 1.7,
                y - reach - 42.0,
                x + lean + 32.0,
                y - reach * 0.5,
                x + 44.0,
                y + 8.0,
            ),
            &(if crest % 2.0 < 0.5 { colours.light } else { colours.accent }).to_string(),
        );
    }
    let face = colours.accent.mix(colours.near, 0.3);
    for (grow, colour) in [(9.0, colours.ink), (0.0, face)] {
        canvas.path(
            &format!(
                "M{:.1} {:.1}Q{x:.1} {:.1} {:.1} {:.1}Q{:.1} {:.1} {x:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}Z",
                x - 72.0 - grow,
                y - 22.0,
                y - 74.0 - grow,
                x + 72.0 + grow,
                y - 22.0,
                x + 62.0 + grow,
                y + 66.0,
                y + 104.0 + grow,
                x - 62.0 - grow,
                y + 66.0,
                x - 72.0 - grow,
                y - 22.0,
            ),
            &colour.to_string(),
        );
    }
    for eye in [-1.0, 1.0] {
        canvas.oval((x + eye * 30.0, y + 2.0), (19.0, 9.5), eye * 28.0, &colours.light.to_string());
        canvas.disc((x + eye * 27.0, y + 4.0), 6.0, &colours.ink.to_string());
        canvas.disc((x + eye * 12.0, y + 62.0), 4.5, &colours.ink.to_string());
        canvas.stroke(
            &format!("M{:.1} {:.1}q{:.1} 26 {:.1} 84", x + eye * 20.0, y + 78.0, eye * 46.0, eye * 30.0),
            5.0,
            1.0,
            &colours.light.to_string(),
        );
    }
    canvas.raw("</g>");
}

fn road(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, horizon: f32) {
    let height = canvas.height;
    let field = canvas.fade(&[(0.0, colours.near.mix(colours.haze, 0.35), 1.0), (1.0, colours.ink, 1.0)]);
    canvas.rect((0.0, horizon), (WIDTH, height), &field);
    let dirt = canvas.fade(&[
        (0.0, colours.haze.mix(colours.light, 0.3), 1.0),
        (1.0, colours.accent.mix(colours.near, 0.45), 1.0),
    ]);
    let deep = height - horizon;
    canvas.path(
        &format!(
            "M486 {horizon:.1}C470 {:.1} 640 {:.1} 560 {:.1}S150 {:.1} 60 {:.1}H840C800 {:.1} 720 {:.1} 690 {:.1}S520 {:.1} 506 {horizon:.1}Z",
            horizon + deep * 0.12,
            horizon + deep * 0.17,
            horizon + deep * 0.32,
            horizon + deep * 0.62,
            height + 5.0,
            horizon + deep * 0.75,
            horizon + deep * 0.52,
            horizon + deep * 0.36,
            horizon + deep * 0.12,
        ),
        &dirt,
    );
    for place in steps(6) {
        let near = (place / 5.0).powf(1.5);
        let (x, y) = (545.0 + near * 400.0, horizon + 8.0 + deep * 0.5 * near);
        flora::palm(canvas, seed, colours, (x, y), 46.0 + 400.0 * near);
    }
    flora::palm(canvas, seed, colours, (120.0, horizon + deep * 0.3), 300.0);
}

/// Draws the warp thread by thread, and the cloth woven so far.
fn loom(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours) {
    let height = canvas.height;
    let ground = canvas.fade(&[(0.0, colours.sky.mix(colours.ink, 0.35), 1.0), (1.0, colours.ink, 1.0)]);
    canvas.rect((0.0, 0.0), (WIDTH, height), &ground);
    let woven = height * 0.56;
    for thread in steps(92) {
        let x = thread * 11.0 + 2.0;
        let stripe = ((thread / 7.0).floor() * 1.9).sin();
        let colour = if stripe > 0.45 {
            colours.light
        } else if stripe < -0.55 {
            colours.accent
        } else {
            colours.haze
        };
        let bend = (x - 500.0) * 0.12 + seed.between(-4.0, 4.0);
        canvas.stroke(
            &format!("M{:.1} -5Q{:.1} {:.1} {x:.1} {:.1}", x - bend, x, woven * 0.5, woven + 10.0),
            2.0 + seed.between(0.0, 2.6),
            0.85,
            &colour.mix(colours.near, seed.between(0.0, 0.4)).to_string(),
        );
    }
    let beam = canvas.fade(&[(0.0, colours.light.mix(colours.near, 0.5), 1.0), (1.0, colours.ink, 1.0)]);
    canvas.rect((-10.0, woven - 74.0), (1020.0, 42.0), &beam);
    textile::cloth(canvas, seed, colours, ((0.0, woven), (WIDTH, height)), 14.0, colours.near);
    let shade = canvas.fade(&[(0.0, colours.ink, 0.55), (0.12, colours.ink, 0.0), (1.0, colours.ink, 0.5)]);
    canvas.rect((0.0, woven), (WIDTH, height - woven), &shade);
    canvas.rect((0.0, woven - 7.0), (WIDTH, 12.0), &colours.light.to_string());
}
