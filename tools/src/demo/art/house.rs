//! Buildings and artefacts: monasteries, That Luang, jars, towns.

use super::{
    canvas::{Canvas, Point, WIDTH, steps},
    palette::Colours,
    seed::Seed,
};

/// Draws a sim (ordination hall) of Luang Prabang with low, stacked roofs. `size` is the lowest roof's width.
pub(super) fn monastery(canvas: &mut Canvas, colours: &Colours, (x, base): Point, size: f32) {
    let ink = colours.ink.to_string();
    let wall = canvas.fade(&[(0.0, colours.near, 1.0), (1.0, colours.ink, 1.0)]);
    canvas.rect((x - size * 0.31, base - size * 0.3), (size * 0.62, size * 0.3), &wall);
    for pillar in steps(6) {
        let at = x - size * 0.29 + pillar * size * 0.116;
        canvas.rect(
            (at - size * 0.011, base - size * 0.34),
            (size * 0.022, size * 0.34),
            &colours.light.mix(colours.near, 0.35).to_string(),
        );
    }
    let door = canvas.fade(&[(0.0, colours.light, 1.0), (1.0, colours.accent, 1.0)]);
    canvas.path(
        &format!(
            "M{:.1} {base:.1}v{:.1}q{:.1} {:.1} {:.1} 0v{:.1}Z",
            x - size * 0.045,
            -size * 0.15,
            size * 0.045,
            -size * 0.13,
            size * 0.09,
            size * 0.15
        ),
        &door,
    );
    canvas.rect((x - size * 0.42, base), (size * 0.84, size * 0.025), &ink);
    canvas.rect((x - size * 0.5, base + size * 0.025), (size, size * 0.03), &ink);
    for tier in steps(3) {
        let wide = size * (1.0 - 0.2 * tier);
        let eave = base - size * (0.17 + 0.125 * tier);
        let ridge = eave - size * (0.36 - 0.015 * tier);
        let roof = canvas.fade(&[
            (0.0, colours.near.mix(colours.accent, 0.25), 1.0),
            (1.0, colours.ink.mix(colours.near, 0.35), 1.0),
        ]);
        let (left, right) = (x - wide * 0.5, x + wide * 0.5);
        let slope = format!(
            "M{left:.1} {eave:.1}Q{:.1} {:.1} {x:.1} {ridge:.1}Q{:.1} {:.1} {right:.1} {eave:.1}Q{x:.1} {:.1} {left:.1} {eave:.1}Z",
            x - wide * 0.17,
            eave - size * 0.05,
            x + wide * 0.17,
            eave - size * 0.05,
            eave - size * 0.06,
        );
        canvas.path(&slope, &roof);
        // Gilded barge boards that end in a naga's raised head.
        for side in [-1.0, 1.0] {
            let board = format!(
                "M{x:.1} {ridge:.1}Q{:.1} {:.1} {:.1} {eave:.1}q{:.1} {:.1} {:.1} {:.1}",
                x + side * wide * 0.17,
                eave - size * 0.05,
                x + side * wide * 0.5,
                side * size * 0.035,
                size * 0.004,
                side * size * 0.045,
                -size * 0.055,
            );
            canvas.stroke(&board, size * 0.011, 1.0, &colours.light.to_string());
        }
        canvas.stroke(
            &format!("M{x:.1} {ridge:.1}v{:.1}", -size * 0.1),
            size * 0.009,
            1.0,
            &colours.light.to_string(),
        );
    }
}

/// Draws That Luang, or a small stupa of the same form. `size` is its width at the base.
pub(super) fn stupa(canvas: &mut Canvas, colours: &Colours, (x, base): Point, size: f32) {
    let gold = canvas.fade(&[
        (0.0, colours.light, 1.0),
        (0.6, colours.light.mix(colours.accent, 0.35), 1.0),
        (1.0, colours.light.mix(colours.near, 0.55), 1.0),
    ]);
    for step in steps(4) {
        let wide = size * (1.0 - 0.15 * step);
        canvas.rect((x - wide / 2.0, base - size * 0.075 * (step + 1.0)), (wide, size * 0.08), &gold);
        let petals = 9_u16;
        for petal in steps(petals) {
            let at = x - wide / 2.0 + wide * (petal + 0.5) / f32::from(petals);
            let foot = base - size * 0.075 * (step + 1.0);
            canvas.path(
                &format!(
                    "M{:.1} {foot:.1}Q{at:.1} {:.1} {:.1} {foot:.1}Z",
                    at - wide * 0.035,
                    foot - size * 0.07,
                    at + wide * 0.035
                ),
                &gold,
            );
        }
    }
    let foot = base - size * 0.3;
    let bulb = format!(
        "M{:.1} {foot:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}Q{:.1} {:.1} {x:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {foot:.1}Z",
        x - size * 0.2,
        x - size * 0.26,
        foot - size * 0.22,
        x - size * 0.13,
        foot - size * 0.3,
        x - size * 0.085,
        foot - size * 0.5,
        x - size * 0.045,
        foot - size * 0.75,
        foot - size * 1.12,
        x + size * 0.045,
        foot - size * 0.75,
        x + size * 0.085,
        foot - size * 0.5,
        x + size * 0.13,
        foot - size * 0.3,
        x + size * 0.26,
        foot - size * 0.22,
        x + size * 0.2,
    );
    canvas.path(&bulb, &gold);
    for ring in steps(4) {
        let (y, wide) = (foot - size * (0.46 + 0.085 * ring), size * (0.125 - 0.022 * ring));
        canvas.oval((x, y), (wide, size * 0.016), 0.0, &colours.accent.mix(colours.light, 0.35).to_string());
    }
}

/// Draws a stone jar of the plain of Xieng Khouang.
pub(super) fn jar(canvas: &mut Canvas, colours: &Colours, (x, base): Point, size: f32, lean: f32) {
    let stone = canvas.fade(&[
        (0.0, colours.far.mix(colours.near, 0.3), 1.0),
        (1.0, colours.near.mix(colours.ink, 0.7), 1.0),
    ]);
    let shade = canvas.fade(&[(0.0, colours.ink, 0.5), (1.0, colours.ink, 0.0)]);
    canvas.oval((x + size * 0.1, base), (size * 0.62, size * 0.1), 0.0, &shade);
    canvas.raw(&format!("<g transform=\"rotate({lean:.1} {x:.1} {base:.1})\">"));
    let body = format!(
        "M{:.1} {:.1}C{:.1} {:.1} {:.1} {base:.1} {:.1} {base:.1}H{:.1}C{:.1} {base:.1} {:.1} {:.1} {:.1} {:.1}Z",
        x - size * 0.3,
        base - size * 1.15,
        x - size * 0.58,
        base - size * 0.5,
        x - size * 0.5,
        x - size * 0.36,
        x + size * 0.36,
        x + size * 0.5,
        x + size * 0.58,
        base - size * 0.5,
        x + size * 0.3,
        base - size * 1.15,
    );
    canvas.path(&body, &stone);
    canvas.oval(
        (x, base - size * 1.15),
        (size * 0.33, size * 0.085),
        0.0,
        &colours.far.mix(colours.haze, 0.35).to_string(),
    );
    canvas.oval((x, base - size * 1.14), (size * 0.24, size * 0.055), 0.0, &colours.ink.to_string());
    canvas.raw("</g>");
}

/// Draws houses at night, some with lit windows.
pub(super) fn town(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, base: f32) {
    for row in steps(3) {
        let depth = row / 2.0;
        let mut x = -30.0;
        while x < WIDTH {
            let (wide, tall) = (seed.between(60.0, 150.0), seed.between(130.0, 430.0) * (1.0 - 0.22 * depth));
            let top = base + 110.0 * depth - tall;
            let colour = colours.far.mix(colours.near, depth).mix(colours.ink, 0.25 + 0.4 * depth);
            let (height, paint) = (canvas.height - top, colour.to_string());
            canvas.rect((x, top), (wide, height), &paint);
            if seed.once_in(3) {
                canvas.path(
                    &format!(
                        "M{:.1} {top:.1}l{:.1} {:.1}l{:.1} {:.1}Z",
                        x - 9.0,
                        wide * 0.5 + 9.0,
                        -wide * 0.3,
                        wide * 0.5 + 9.0,
                        wide * 0.3
                    ),
                    &paint,
                );
            }
            let (mut y, cell) = (top + 22.0, 26.0);
            while y < top + tall + 120.0 {
                let mut at = x + 13.0;
                while at < x + wide - 18.0 {
                    if seed.once_in(4) {
                        let lit = if seed.once_in(5) { colours.accent } else { colours.light };
                        canvas.rect(
                            (at, y),
                            (11.0, 14.0),
                            &lit.mix(colour, seed.between(0.0, 0.5)).to_string(),
                        );
                    }
                    at += cell;
                }
                y += cell * 1.25;
            }
            x += wide + seed.between(-14.0, 10.0);
        }
    }
}

/// Draws a house on stilts with a lit window. `size` is its width.
pub(super) fn stilt_house(canvas: &mut Canvas, colours: &Colours, (x, base): Point, size: f32) {
    let ink = colours.ink.to_string();
    for post in steps(5) {
        canvas.rect(
            (x - size * 0.38 + post * size * 0.185, base - size * 0.34),
            (size * 0.026, size * 0.34),
            &ink,
        );
    }
    let wall = canvas.fade(&[(0.0, colours.near, 1.0), (1.0, colours.ink, 1.0)]);
    canvas.rect((x - size * 0.42, base - size * 0.62), (size * 0.84, size * 0.3), &wall);
    canvas.rect(
        (x - size * 0.18, base - size * 0.56),
        (size * 0.13, size * 0.16),
        &colours.light.to_string(),
    );
    canvas.rect(
        (x + size * 0.1, base - size * 0.56),
        (size * 0.13, size * 0.16),
        &colours.light.mix(colours.accent, 0.4).to_string(),
    );
    canvas.path(
        &format!(
            "M{:.1} {:.1}L{:.1} {:.1}H{:.1}L{:.1} {:.1}Z",
            x - size * 0.56,
            base - size * 0.56,
            x - size * 0.3,
            base - size * 1.02,
            x + size * 0.3,
            x + size * 0.56,
            base - size * 0.56,
        ),
        &ink,
    );
    canvas.stroke(
        &format!("M{:.1} {:.1}l{:.1} {:.1}", x + size * 0.4, base - size * 0.34, size * 0.2, size * 0.34),
        size * 0.03,
        1.0,
        &ink,
    );
}
