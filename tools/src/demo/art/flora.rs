//! Plants: forests, palms, frangipani.

use super::{
    canvas::{Canvas, Point, WIDTH, steps},
    palette::Colours,
    seed::Seed,
};

/// Draws trunks, the far ones pale, with light between them.
pub(super) fn forest(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours) {
    let height = canvas.height;
    for row in steps(4) {
        let depth = row / 3.0;
        let colour =
            colours.haze.mix(colours.near, 0.22 + 0.6 * depth).mix(colours.ink, depth * depth * 0.85);
        let trunks = if row > 1.5 { 8 } else { 11 };
        for _ in 0..trunks - seed.below(3) {
            let (x, wide, lean) = (
                seed.between(-40.0, 1040.0),
                seed.between(9.0, 21.0) * (0.5 + 2.1 * depth),
                seed.between(-26.0, 26.0),
            );
            let paint = canvas.fade(&[
                (0.0, colour, 1.0),
                (0.75, colour, 1.0),
                (1.0, colour.mix(colours.haze, 0.45 * (1.0 - depth)), 1.0),
            ]);
            canvas.path(
                &format!(
                    "M{:.1} -5Q{:.1} {:.1} {:.1} {:.1}H{:.1}Q{:.1} {:.1} {:.1} -5Z",
                    x + lean,
                    x - wide * 0.1,
                    height * 0.6,
                    x - wide,
                    height + 5.0,
                    x + wide * 1.9,
                    x + wide,
                    height * 0.6,
                    x + wide * 0.8 + lean,
                ),
                &paint,
            );
        }
        if row < 2.5 {
            for _ in 0..2 {
                let (x, wide) = (seed.between(-200.0, 900.0), seed.between(50.0, 130.0));
                let beam = canvas.fade(&[(0.0, colours.light, 0.32), (1.0, colours.light, 0.0)]);
                canvas.path(&format!("M{x:.1} -5h{wide:.1}l330 {height:.1}h{:.1}Z", -wide * 2.4), &beam);
            }
        }
    }
    let floor: Vec<Point> = steps(40)
        .map(|step| (step * 26.0, height * 0.93 - (step * 0.8).sin() * 12.0 - seed.between(0.0, 14.0)))
        .collect();
    canvas.ground(&floor, &colours.ink.to_string());
}

/// Draws a palm. `size` is its height.
pub(super) fn palm(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, (x, base): Point, size: f32) {
    let ink = colours.ink.to_string();
    let lean = seed.between(-0.13, 0.13) * size;
    let top = (x + lean, base - size);
    canvas.stroke(
        &format!("M{x:.1} {base:.1}Q{x:.1} {:.1} {:.1} {:.1}", base - size * 0.5, top.0, top.1),
        size * 0.028,
        1.0,
        &ink,
    );
    for frond in steps(11) {
        let angle = (frond / 10.0) * std::f32::consts::PI * 1.16
            + std::f32::consts::PI * 0.92
            + seed.between(-0.1, 0.1);
        let reach = size * seed.between(0.27, 0.36);
        let (dx, dy) = (angle.cos() * reach, angle.sin() * reach * 0.75);
        canvas.path(
            &format!(
                "M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}Z",
                top.0,
                top.1,
                top.0 + dx * 0.55,
                top.1 + dy - size * 0.07,
                top.0 + dx,
                top.1 + dy + size * 0.11,
                top.0 + dx * 0.5,
                top.1 + dy * 0.75 + size * 0.035,
                top.0,
                top.1,
            ),
            &ink,
        );
    }
}

/// Draws a frangipani flower. `size` is its radius.
pub(super) fn champa(canvas: &mut Canvas, colours: &Colours, (x, y): Point, size: f32, turn: f32) {
    for petal in steps(5) {
        let degrees = turn + petal * 72.0;
        canvas.raw(&format!("<g transform=\"translate({x:.1} {y:.1}) rotate({degrees:.1})\">"));
        let shade = canvas.fade(&[
            (0.0, colours.light.mix(colours.haze, 0.15), 1.0),
            (0.55, colours.light.mix(colours.accent, 0.25), 1.0),
            (1.0, colours.accent, 1.0),
        ]);
        let shape = format!(
            "M0 0C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} 0 0Z",
            -size * 0.5,
            -size * 0.25,
            -size * 0.46,
            -size * 0.95,
            size * 0.06,
            -size,
            size * 0.52,
            -size * 0.95,
            size * 0.38,
            -size * 0.3,
        );
        canvas.path(&shape, &shade);
        canvas.stroke(&shape, size * 0.012, 0.35, &colours.near.to_string());
        canvas.raw("</g>");
    }
}

/// Covers the canvas with flowers, the large ones in front.
pub(super) fn blossoms(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours) {
    let height = canvas.height;
    for row in steps(4) {
        for _ in 0..7 - seed.below(2) {
            let size = 34.0 + 48.0 * row + seed.between(0.0, 26.0);
            let at = (seed.between(0.0, WIDTH), seed.between(height * 0.02, height * 0.98));
            let shade = canvas.glow(&[(0.0, colours.ink, 0.28), (1.0, colours.ink, 0.0)]);
            canvas.disc((at.0 + size * 0.1, at.1 + size * 0.2), size * 1.12, &shade);
            champa(canvas, colours, at, size, seed.between(0.0, 72.0));
        }
    }
}

/// Draws long leaves from both sides.
pub(super) fn leaves(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, from: f32) {
    let height = canvas.height;
    for side in [-1.0_f32, 1.0] {
        for _ in 0..6 {
            let root = (if side < 0.0 { -20.0 } else { 1020.0 }, seed.between(from, height * 1.02));
            let (reach, rise) = (seed.between(120.0, 330.0), seed.between(70.0, 260.0));
            let tip = (root.0 - side * reach, root.1 - rise);
            let colour = colours.near.mix(colours.ink, seed.between(0.45, 1.0));
            canvas.path(
                &format!(
                    "M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}Z",
                    root.0,
                    root.1,
                    root.0 - side * reach * 0.3,
                    root.1 - rise * 1.05,
                    tip.0,
                    tip.1,
                    root.0 - side * reach * 0.55,
                    root.1 - rise * 0.25,
                    root.0,
                    root.1 + 46.0,
                ),
                &colour.to_string(),
            );
        }
    }
}
