//! Sky, hills and fields.

use super::{
    canvas::{Canvas, Point, WIDTH, smooth, steps},
    palette::{Colour, Colours},
    seed::Seed,
};

/// Draws the sky down to the horizon, and the background below it.
pub(super) fn sky(canvas: &mut Canvas, colours: &Colours, horizon: f32) {
    let share = (horizon / canvas.height).clamp(0.2, 1.0);
    let paint = canvas.fade(&[
        (0.0, colours.sky, 1.0),
        (share * 0.55, colours.sky.mix(colours.haze, 0.45), 1.0),
        (share, colours.haze, 1.0),
    ]);
    let height = canvas.height;
    canvas.rect((0.0, 0.0), (WIDTH, height), &paint);
}

/// Draws the sun or moon with a glow.
pub(super) fn light(canvas: &mut Canvas, colours: &Colours, at: Point, radius: f32) {
    let around =
        canvas.glow(&[(0.0, colours.light, 0.55), (0.35, colours.light, 0.22), (1.0, colours.light, 0.0)]);
    canvas.disc(at, radius * 3.4, &around);
    canvas.disc(at, radius, &colours.light.to_string());
}

/// Draws stars, fewer and fainter towards the horizon.
pub(super) fn stars(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, horizon: f32) {
    for _ in 0..140 {
        let y = seed.between(0.0, 1.0).powf(1.6) * horizon;
        let x = seed.between(0.0, WIDTH);
        let size = if seed.once_in(9) { seed.between(2.2, 3.4) } else { seed.between(0.7, 1.7) };
        canvas.disc((x, y), size, &colours.paper.mix(colours.sky, y / horizon * 0.7).to_string());
    }
}

/// Draws thin clouds in the form of brush strokes.
pub(super) fn clouds(canvas: &mut Canvas, seed: &mut Seed, colour: Colour, from: f32, to: f32) {
    for _ in 0..7 {
        let (x, y) = (seed.between(-100.0, WIDTH), seed.between(from, to));
        let length = seed.between(140.0, 460.0);
        let paint = canvas.fade(&[(0.0, colour, 0.34), (1.0, colour, 0.05)]);
        let thick = seed.between(5.0, 15.0);
        let path = format!(
            "M{x:.1} {y:.1}q{:.1} {:.1} {length:.1} 0q{:.1} {:.1} {:.1} 0Z",
            length * 0.45,
            -thick * 2.0,
            -length * 0.5,
            thick,
            -length
        );
        canvas.path(&path, &paint);
    }
}

/// Draws rows of limestone towers, the far ones in haze.
pub(super) fn karst(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, top: f32, bottom: f32) {
    for row in steps(5) {
        let depth = row / 4.0;
        let base = top + (bottom - top) * (0.35 + 0.65 * depth);
        let tall = (bottom - top) * (0.62 - 0.2 * depth);
        let towers: Vec<(f32, f32, f32)> = (0..7 + seed.below(4))
            .map(|_| (seed.between(-80.0, 1080.0), seed.between(60.0, 150.0), seed.between(0.35, 1.0) * tall))
            .collect();
        let ridge: Vec<Point> = steps(126)
            .map(|step| {
                let x = step * 8.0;
                let rise = towers.iter().map(|(at, wide, high)| {
                    let away = ((x - at) / wide).abs();
                    if away < 1.0 { high * (1.0 - away.powf(2.6)).powf(0.55) } else { 0.0 }
                });
                (x, base - rise.fold(0.0, f32::max) - seed.between(0.0, 7.0))
            })
            .collect();
        let colour = colours.far.mix(colours.near, depth);
        let foot = colour.mix(colours.haze, 0.75 - 0.35 * depth);
        let paint = canvas.fade(&[(0.0, colour, 1.0), (0.5, foot, 1.0), (1.0, foot, 1.0)]);
        canvas.ground(&ridge, &paint);
    }
}

/// Draws rows of rounded hills.
pub(super) fn hills(
    canvas: &mut Canvas,
    seed: &mut Seed,
    colours: &Colours,
    (top, bottom): Point,
    rows: u16,
) {
    for row in steps(rows) {
        let depth = row / f32::from(rows - 1).max(1.0);
        let base = top + (bottom - top) * depth;
        let (swell, phase, long) =
            (seed.between(22.0, 62.0), seed.between(0.0, 6.0), seed.between(150.0, 290.0));
        let ridge: Vec<Point> = steps(42)
            .map(|step| {
                let x = step * 25.0 - 10.0;
                (
                    x,
                    base + (x / long + phase).sin() * swell
                        + (x / long * 2.3 + phase * 1.7).sin() * swell * 0.35,
                )
            })
            .collect();
        let colour = colours.far.mix(colours.near, depth);
        let paint =
            canvas.fade(&[(0.0, colour, 1.0), (0.7, colour.mix(colours.haze, 0.4 * (1.0 - depth)), 1.0)]);
        canvas.ground(&ridge, &paint);
    }
}

/// Draws rice terraces: bands along the slope, each with a water's edge.
pub(super) fn terraces(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, top: f32) {
    let (phase, bend) = (seed.between(0.0, 6.0), seed.between(0.7, 1.3));
    let bottom = canvas.height;
    let count = 15;
    for band in steps(count) {
        let depth = band / f32::from(count - 1);
        let y = top + (bottom - top) * depth.powf(1.45);
        let swell = 16.0 + 70.0 * depth;
        let edge: Vec<Point> = steps(44)
            .map(|step| {
                let x = step * 24.0 - 20.0;
                let wave = (x / 210.0 * bend + phase + depth * 2.2).sin()
                    + 0.4 * (x / 93.0 + phase * 2.0 - depth * 3.0).sin();
                (x, y + wave * swell)
            })
            .collect();
        let field = colours.far.mix(colours.near, 0.15 + 0.85 * depth);
        let colour = match seed.below(4) {
            0 => field.mix(colours.light, 0.42),
            1 => field.mix(colours.haze, 0.3),
            _ => field,
        };
        let paint = canvas.fade(&[(0.0, colour, 1.0), (0.6, colour.mix(colours.ink, 0.3), 1.0)]);
        canvas.ground(&edge, &paint);
        canvas.stroke(&smooth(&edge), 1.2 + 2.6 * depth, 0.75, &colours.light.mix(colour, 0.35).to_string());
    }
}
