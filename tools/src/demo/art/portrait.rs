//! Portraits of invented people: a head, hair, a sash over the shoulder, and no face, so that they resemble no real person.

use super::{
    canvas::{Canvas, WIDTH},
    palette::{Colour, Palette},
    seed::Seed,
    textile,
};

const PORTRAIT_PX: u32 = 480;

/// Returns a portrait as SVG.
pub(crate) fn portrait(name: &str, long_hair: bool) -> String {
    const PALETTES: [Palette; 10] = [
        Palette::Indigo,
        Palette::Lac,
        Palette::Dusk,
        Palette::Paddy,
        Palette::Saffron,
        Palette::Midnight,
        Palette::Mist,
        Palette::Lacquer,
        Palette::Champa,
        Palette::Jungle,
    ];
    let mut seed = Seed::of(name);
    let colours = PALETTES[seed.below(10) as usize].colours();
    let mut canvas = Canvas::new(WIDTH);
    let ground = canvas.fade(&[(0.0, colours.sky.mix(colours.haze, 0.3), 1.0), (1.0, colours.haze, 1.0)]);
    canvas.rect((0.0, 0.0), (WIDTH, WIDTH), &ground);
    let turn = if seed.once_in(2) { -1.0 } else { 1.0 };
    canvas.disc(
        (500.0 + turn * seed.between(60.0, 150.0), 410.0),
        seed.between(300.0, 350.0),
        &colours.light.to_string(),
    );
    let skin = Colour([232.0, 188.0, 148.0]).mix(Colour([126.0, 78.0, 52.0]), seed.between(0.15, 0.85));
    let shade = skin.mix(colours.ink, 0.22);
    let hair = Colour([30.0, 24.0, 28.0])
        .mix(Colour([200.0, 196.0, 190.0]), if seed.once_in(6) { 0.8 } else { 0.0 });
    if long_hair {
        canvas.path("M322 420C300 250 400 176 500 176S700 250 678 420C684 560 712 640 690 760H310C288 640 316 560 322 420Z", &hair.to_string());
    }
    let cloth = colours.near.mix(colours.accent, seed.between(0.0, 0.5));
    canvas.path("M430 560h140v110q6 46 96 66Q590 850 500 850T334 736Q424 716 430 670Z", &shade.to_string());
    canvas.path("M332 735Q420 800 500 800T668 735Q872 782 900 1005H100Q128 782 332 735Z", &cloth.to_string());
    let sash = if turn < 0.0 { "M318 738L470 790L760 1005H520Z" } else { "M682 738L530 790L240 1005H480Z" };
    canvas.raw(&format!("<clipPath id=\"sash\"><path d=\"{sash}\"/></clipPath><g clip-path=\"url(#sash)\">"));
    textile::cloth(&mut canvas, &mut seed, &colours, ((200.0, 720.0), (800.0, 1005.0)), 11.0, colours.ink);
    canvas.raw("</g>");
    canvas.oval((500.0, 430.0), (150.0, 190.0), 0.0, &skin.to_string());
    // The shaded side of the face.
    let dark = if turn < 0.0 {
        "M500 240A150 190 0 0 1 500 620Q560 430 500 240Z"
    } else {
        "M500 240A150 190 0 0 0 500 620Q440 430 500 240Z"
    };
    canvas.path(dark, &shade.to_string());
    let cap = match (long_hair, seed.below(3)) {
        (true, 0) => {
            "M344 440C330 270 400 214 500 214S670 270 656 440C640 350 600 306 500 300C400 306 360 350 344 440Z"
        }
        (true, _) => {
            "M342 450C320 280 400 210 510 212S676 280 658 450C640 380 590 320 470 290C420 340 360 380 342 450Z"
        }
        (false, 0) => {
            "M346 410C330 270 410 220 500 220S670 270 654 410C640 340 610 310 560 306Q440 310 400 300C372 330 356 360 346 410Z"
        }
        (false, 1) => {
            "M344 420C322 250 420 196 520 206S680 290 656 420C646 360 630 330 600 310Q480 330 390 296C366 330 350 370 344 420Z"
        }
        _ => "M350 390C346 280 420 226 500 226S654 280 650 390C630 330 580 296 500 296S370 330 350 390Z",
    };
    canvas.path(cap, &hair.to_string());
    if long_hair && seed.once_in(2) {
        canvas.disc((500.0 - turn * 20.0, 186.0), 76.0, &hair.to_string());
        canvas.oval(
            (500.0 - turn * 20.0, 244.0),
            (70.0, 12.0),
            0.0,
            &colours.light.mix(colours.accent, 0.4).to_string(),
        );
    }
    canvas.into_svg(PORTRAIT_PX)
}
