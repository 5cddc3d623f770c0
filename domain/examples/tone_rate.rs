//! Measures how long converting a frame takes (see `domain::tone`): `tests/bench/tone`.

#![expect(clippy::print_stdout, reason = "its output")]

use std::time::Instant;

use domain::tone::{CinemaWhite, Input, Lut, Matrix, Rows420, Rows420Mut, RowsPacked, Transform};

/// Noise with the spatial correlation of film: a slow wave and grain.
fn noise(length: usize, low: u16, high: u16) -> Vec<u16> {
    let mut state = 1_u64;
    (0..length)
        .map(|index| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let wave = (index / 7 * 13 % 20_000).min(20_000) as u64 * u64::from(high - low) / 20_000;
            let grain = (state >> 40) % (u64::from(high - low) / 32);
            low + u16::try_from((wave + grain).min(u64::from(high - low))).unwrap_or(u16::MAX)
        })
        .collect()
}

fn report(name: &str, frames: u32, mut frame: impl FnMut()) {
    frame();
    let start = Instant::now();
    for _ in 0..frames {
        frame();
    }
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0 / f64::from(frames);
    println!("{name}: {milliseconds:.2} ms per frame");
}

fn main() {
    let input = Input { matrix: Matrix::Bt2020, full_range: false, bit_depth: 10 };
    let start = Instant::now();
    let lut = Lut::new(Transform::Pq { peak_nits: 1000 }, input);
    println!("table: {:?}", start.elapsed());

    let (width, height) = (1920, 1080);
    let mut out = (vec![0; width * height], vec![0; width * height / 4], vec![0; width * height / 4]);
    for (name, luma, cb, cr) in [
        (
            "10-bit 1080p, film",
            noise(width * height, 64, 800),
            noise(width * height / 4, 400, 600),
            noise(width * height / 4, 450, 620),
        ),
        (
            "10-bit 1080p, full cube",
            noise(width * height, 0, 1023),
            noise(width * height / 4, 0, 1023),
            noise(width * height / 4, 9, 1000),
        ),
    ] {
        report(name, 20, || {
            for pair in 0..height / 2 {
                let (at, at_chroma) = (pair * 2 * width, pair * width / 2);
                let (upper, lower) = out.0[at..][..2 * width].split_at_mut(width);
                lut.convert_420(
                    Rows420 {
                        luma: [&luma[at..][..width], &luma[at + width..][..width]],
                        chroma: [&cb[at_chroma..][..width / 2], &cr[at_chroma..][..width / 2]],
                    },
                    pair,
                    Rows420Mut {
                        luma: [upper, lower],
                        chroma: [&mut out.1[at_chroma..][..width / 2], &mut out.2[at_chroma..][..width / 2]],
                    },
                );
            }
        });
    }

    let input = Input { matrix: Matrix::Rgb, full_range: true, bit_depth: 12 };
    let lut = Lut::new(Transform::CinemaXyz { white: CinemaWhite::D65 }, input);
    let (width, height) = (2048, 858);
    let packed = noise(width * height * 3, 0, 64_000);
    let mut out = (vec![0; width * height], vec![0; width * height / 4], vec![0; width * height / 4]);
    report("X'Y'Z' 2048 × 858", 20, || {
        for pair in 0..height / 2 {
            let (at, at_chroma) = (pair * 2 * width, pair * width / 2);
            let (upper, lower) = out.0[at..][..2 * width].split_at_mut(width);
            lut.convert_packed(
                RowsPacked([&packed[3 * at..][..3 * width], &packed[3 * (at + width)..][..3 * width]]),
                pair,
                Rows420Mut {
                    luma: [upper, lower],
                    chroma: [&mut out.1[at_chroma..][..width / 2], &mut out.2[at_chroma..][..width / 2]],
                },
            );
        }
    });
}
