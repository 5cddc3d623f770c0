//! Woven cloth: stepped diamonds and hooks, drawn thread by thread.

use super::{
    canvas::{Canvas, Point, WIDTH},
    palette::{Colour, Colours},
    seed::Seed,
};

/// The repeated pattern of a cloth.
struct Motif {
    across: i32,
    down: i32,
    ring: i32,
    hook: i32,
}

impl Motif {
    fn of(seed: &mut Seed) -> Self {
        let pick = |seed: &mut Seed, choices: &[i32]| {
            choices[seed.below(u32::try_from(choices.len()).unwrap_or(1)) as usize]
        };
        Self {
            across: pick(seed, &[10, 12, 14]),
            down: pick(seed, &[12, 14, 18]),
            ring: pick(seed, &[3, 4, 5]),
            hook: pick(seed, &[2, 3]),
        }
    }

    /// Returns the thread that is on top at this crossing. 0 is the ground.
    fn thread(&self, column: i32, row: i32) -> usize {
        let fold = |at: i32, half: i32| {
            let at = at.rem_euclid(half * 2);
            if at > half { half * 2 - at } else { at }
        };
        let (x, y) = (fold(column, self.across), fold(row, self.down));
        let away = x + y;
        let edge = self.across.min(self.down);
        if away % self.ring == 0 && away < edge {
            1 + usize::from(away / self.ring % 2 == 1)
        } else if away <= 2 {
            3
        } else if (away - edge).abs() <= 1 {
            2
        } else if away > edge && x % self.hook == 0 && (x + y / 2) % (self.hook + 1) != 1 {
            usize::from(y % 4 < 2)
        } else {
            0
        }
    }
}

fn threads(colours: &Colours, ground: Colour) -> [Colour; 4] {
    [ground, colours.light, colours.accent, colours.paper]
}

/// Draws cloth on a part of the image. `cell` is the distance between threads.
pub(super) fn cloth(
    canvas: &mut Canvas,
    seed: &mut Seed,
    colours: &Colours,
    ((left, top), (right, bottom)): (Point, Point),
    cell: f32,
    ground: Colour,
) {
    let motif = Motif::of(seed);
    let threads = threads(colours, ground);
    canvas.rect((left, top), (right - left, bottom - top), &ground.to_string());
    let middle = f32::midpoint(left, right);
    let mut row = 0_i16;
    while top + f32::from(row) * cell < bottom - 0.5 {
        let y = top + f32::from(row) * cell;
        let mut run: Option<(f32, usize)> = None;
        let count = ((right - left) / cell / 2.0).ceil();
        let mut column = -count;
        // Adjacent crossings of one colour become one shape, which leaves a tenth of the shapes to draw.
        while column <= count {
            let x = (middle + (column - 0.5) * cell).clamp(left, right);
            #[expect(clippy::cast_possible_truncation, reason = "a few hundred threads")]
            let thread = if column < count { motif.thread(column as i32, i32::from(row)) } else { 0 };
            match run {
                Some((_, same)) if same == thread && column < count => {}
                Some((start, other)) => {
                    if other > 0 {
                        canvas.rect(
                            (start, y + cell * 0.06),
                            (x - start, (cell * 0.9).min(bottom - y)),
                            &threads[other].to_string(),
                        );
                    }
                    run = Some((x, thread));
                }
                None => run = Some((x, thread)),
            }
            column += 1.0;
        }
        row += 1;
    }
}

/// Draws the border of a skirt: a row of motifs between lines.
pub(super) fn border(canvas: &mut Canvas, seed: &mut Seed, colours: &Colours, top: f32, tall: f32) {
    let ground = colours.ink.mix(colours.near, 0.25);
    let line = tall * 0.045;
    canvas.rect((0.0, top), (WIDTH, tall), &ground.to_string());
    cloth(
        canvas,
        seed,
        colours,
        ((0.0, top + line * 3.4), (WIDTH, top + tall - line * 3.4)),
        tall / 26.0,
        ground,
    );
    for (place, colour) in [(0.4, colours.accent), (1.7, colours.light)] {
        for y in [top + line * place, top + tall - line * (place + 0.8)] {
            canvas.rect((0.0, y), (WIDTH, line * 0.8), &colour.to_string());
        }
    }
}
