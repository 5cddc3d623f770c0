//! The river, objects that float on it, and the rain.

use super::{
    canvas::{Canvas, Point, WIDTH, steps},
    palette::Colours,
    seed::Seed,
};

/// Draws water from `top` to the bottom. It reflects the light at x position `lit`.
pub(super) fn river(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, top: f32, lit: f32) {
    let height = canvas.height - top;
    let paint = canvas.fade(&[
        (0.0, colours.haze.mix(colours.far, 0.25), 1.0),
        (0.35, colours.far.mix(colours.near, 0.35), 1.0),
        (1.0, colours.near.mix(colours.ink, 0.45), 1.0),
    ]);
    canvas.rect((0.0, top), (WIDTH, height + 2.0), &paint);
    let (bright, dark) = (colours.light.to_string(), colours.ink.to_string());
    for step in steps(64) {
        let depth = (step / 63.0).powf(1.5);
        let y = top + 4.0 + height * depth;
        let wide = seed.between(0.2, 1.0) * (46.0 + 190.0 * depth);
        let x = lit + seed.between(-0.5, 0.5) * wide * 0.9;
        let path = format!("M{:.1} {y:.1}h{wide:.1}", x - wide / 2.0);
        canvas.stroke(&path, 1.6 + 6.5 * depth, 0.62 - 0.4 * depth, &bright);
    }
    for _ in 0..34 {
        let depth = seed.between(0.04, 1.0);
        let (x, wide) = (seed.between(-60.0, WIDTH), seed.between(40.0, 260.0) * (0.4 + depth));
        let path = format!("M{x:.1} {:.1}h{wide:.1}", top + height * depth);
        canvas.stroke(&path, 1.0 + 4.0 * depth, 0.16, &dark);
    }
}

/// Draws a long boat with people in hats. `size` is its length.
pub(super) fn boat(canvas: &mut Canvas, colours: &Colours, (x, y): Point, size: f32, people: u16) {
    let ink = colours.ink.to_string();
    let (long, high) = (size, size * 0.075);
    let shade = canvas.fade(&[(0.0, colours.ink, 0.5), (1.0, colours.ink, 0.0)]);
    canvas.oval((x, y + high * 1.3), (long * 0.5, high * 1.1), 0.0, &shade);
    let hull = format!(
        "M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}T{:.1} {:.1}Q{:.1} {:.1} {x:.1} {:.1}T{:.1} {:.1}Z",
        x - long * 0.56,
        y - high * 1.5,
        x - long * 0.4,
        y + high * 0.1,
        x,
        y + high * 0.15,
        x + long * 0.56,
        y - high * 1.8,
        x + long * 0.36,
        y + high * 1.2,
        y + high * 1.2,
        x - long * 0.56,
        y - high * 1.5,
    );
    canvas.path(&hull, &ink);
    let body = size * 0.05;
    for person in steps(people) {
        let at = x - long * 0.3 + long * 0.62 * (person + 0.5) / f32::from(people.max(1));
        let tall = body * (2.4 + 0.5 * (person * 2.1).sin());
        canvas.path(
            &format!(
                "M{:.1} {y:.1}q{:.1} {:.1} {:.1} {:.1}h{:.1}q{:.1} 0 {:.1} {tall:.1}Z",
                at - body * 0.8,
                body * 0.1,
                -tall,
                body * 0.6,
                -tall,
                body * 0.4,
                body * 0.5,
                body * 0.6,
            ),
            &ink,
        );
        canvas.disc((at, y - tall - body * 0.35), body * 0.46, &ink);
        canvas.path(
            &format!(
                "M{:.1} {:.1}L{at:.1} {:.1}L{:.1} {:.1}Q{at:.1} {:.1} {:.1} {:.1}Z",
                at - body * 1.25,
                y - tall - body * 0.45,
                y - tall - body * 1.35,
                at + body * 1.25,
                y - tall - body * 0.45,
                y - tall - body * 0.1,
                at - body * 1.25,
                y - tall - body * 0.45,
            ),
            &colours.light.mix(colours.ink, 0.35).to_string(),
        );
    }
}

/// Draws candles on banana leaves and their light on the water.
pub(super) fn lanterns(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, top: f32) {
    let height = canvas.height - top;
    let mut depths: Vec<f32> = (0..46).map(|_| seed.between(0.0, 1.0).powf(1.5)).collect();
    depths.sort_by(f32::total_cmp);
    for depth in depths {
        let (x, y, size) = (seed.between(0.0, WIDTH), top + 8.0 + height * 0.97 * depth, 3.0 + 15.0 * depth);
        let around = canvas.glow(&[
            (0.0, colours.light, 0.9),
            (0.2, colours.accent, 0.42),
            (1.0, colours.accent, 0.0),
        ]);
        canvas.disc((x, y), size * 4.4, &around);
        for ripple in steps(4) {
            let wide = size * (1.9 - 0.35 * ripple);
            let path = format!("M{:.1} {:.1}h{wide:.1}", x - wide / 2.0, y + size * (1.1 + 0.85 * ripple));
            canvas.stroke(&path, size * 0.17, 0.65 - 0.14 * ripple, &colours.light.to_string());
        }
        canvas.path(
            &format!("M{:.1} {y:.1}q{:.1} {:.1} {:.1} 0Z", x - size, size, size * 1.1, size * 2.0),
            &colours.near.mix(colours.accent, 0.3).to_string(),
        );
        canvas.path(
            &format!(
                "M{x:.1} {:.1}q{:.1} {:.1} 0 {:.1}q{:.1} {:.1} 0 {:.1}Z",
                y - size * 1.9,
                size * 0.62,
                size,
                size * 1.9,
                -size * 0.62,
                -size * 0.9,
                -size * 1.9
            ),
            &colours.light.to_string(),
        );
    }
}

/// Draws lanterns that rise into the sky.
pub(super) fn sky_lanterns(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, bottom: f32) {
    for _ in 0..36 {
        let near = seed.between(0.0, 1.0).powf(2.2);
        let (x, y, size) = (seed.between(0.0, WIDTH), seed.between(0.0, bottom), 5.0 + 30.0 * near);
        let around = canvas.glow(&[(0.0, colours.accent, 0.5), (1.0, colours.accent, 0.0)]);
        canvas.disc((x, y), size * 2.6, &around);
        let paper = canvas.fade(&[(0.0, colours.accent, 1.0), (1.0, colours.light, 1.0)]);
        canvas.path(
            &format!(
                "M{:.1} {:.1}q{:.1} {:.1} {:.1} 0l{:.1} {:.1}h{:.1}Z",
                x - size * 0.6,
                y - size * 0.6,
                size * 0.6,
                -size * 0.75,
                size * 1.2,
                -size * 0.2,
                size * 1.3,
                -size * 0.8,
            ),
            &paper,
        );
    }
}

/// Draws slightly slanted rain.
pub(super) fn rain(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours) {
    let height = canvas.height;
    let paint = colours.paper.to_string();
    for _ in 0..190 {
        let (x, y, near) = (seed.between(-50.0, 1150.0), seed.between(-60.0, height), seed.between(0.0, 1.0));
        let long = 26.0 + 95.0 * near;
        canvas.stroke(
            &format!("M{x:.1} {y:.1}l{:.1} {long:.1}", -long * 0.22),
            0.8 + 1.7 * near,
            0.1 + 0.3 * near,
            &paint,
        );
    }
}
