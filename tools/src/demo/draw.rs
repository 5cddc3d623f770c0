//! Renders drawings into images and into a playable clip.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{self, fontdb},
};

use super::{
    art::{self, Lettering},
    avi,
    data::{Film, Person},
};

/// Folder of the fonts from Debian's package `fonts-noto-core`.
const FONT_FOLDER: &str = "/usr/share/fonts/truetype/noto";
const FONT_FILES: [&str; 3] = ["NotoSansLao-Bold.ttf", "NotoSansLao-Regular.ttf", "NotoSans-Bold.ttf"];
/// JPEG quality of uploaded images, from which Nang derives the images that it serves.
const QUALITY: u8 = 95;

const CLIP_WIDTH: u32 = 640;
const CLIP_HEIGHT: u32 = 360;
const CLIP_FPS: u32 = 6;
/// Seconds in which a clip pans from one corner of the backdrop to the other.
const PAN_SECONDS: u32 = 8;
/// Duration of a clip from which on it has audio and end credits: long enough for trying both.
const LONG_SECONDS: u32 = 60;
/// Seconds of the end credits of a long clip.
const CREDITS_SECONDS: u32 = 12;
/// Sample rate of the audio; a multiple of the frame rate.
const SAMPLE_RATE: u32 = 24_000;

/// Renders drawings, with lettering if the fonts are installed.
#[derive(Clone)]
pub(super) struct Studio {
    fonts: Arc<fontdb::Database>,
}

/// The poster and backdrop of a film as JPEG, and its clip.
pub(super) struct FilmImages {
    pub(super) poster: Vec<u8>,
    pub(super) backdrop: Vec<u8>,
    pub(super) clip: Vec<u8>,
}

impl Studio {
    /// Loads the fonts of this machine. If one of them is missing, drawings have no lettering.
    pub(super) fn new() -> Self {
        let mut fonts = fontdb::Database::new();
        let files: Result<Vec<_>, _> =
            FONT_FILES.iter().map(|file| std::fs::read(Path::new(FONT_FOLDER).join(file))).collect();
        for file in files.unwrap_or_default() {
            fonts.load_font_data(file);
        }
        Self { fonts: Arc::new(fonts) }
    }

    /// Whether posters have titles.
    pub(super) fn has_fonts(&self) -> bool {
        !self.fonts.is_empty()
    }

    /// Renders the images and the clip of a film. `director` is the director's name in Lao.
    pub(super) fn film(&self, film: &Film, director: &str) -> anyhow::Result<FilmImages> {
        let title: Vec<&str> = film.title.iter().map(String::as_str).collect();
        let subtitle = film.titles.get("en").map_or("", String::as_str);
        let credit = format!("ກຳກັບໂດຍ {director}");
        let lettering = Lettering { title: &title, subtitle, credit: &credit };
        let measure = |text: &str, family: &str, weight: u16| self.measure(text, family, weight);
        let lettering = self.has_fonts().then_some((lettering, &measure as art::Measure<'_>));
        let poster = self.pixels(&art::poster(&film.slug, film.scene, film.palette, lettering))?;
        let backdrop = self.pixels(&art::backdrop(&film.slug, film.scene, film.palette))?;
        Ok(FilmImages {
            poster: jpeg(&poster, QUALITY)?,
            clip: clip(&backdrop, film.clip_seconds)?,
            backdrop: jpeg(&backdrop, QUALITY)?,
        })
    }

    /// Renders a person's portrait as JPEG.
    pub(super) fn portrait(&self, person: &Person) -> anyhow::Result<Vec<u8>> {
        jpeg(&self.pixels(&art::portrait(&person.slug, person.long_hair))?, QUALITY)
    }

    fn options(&self) -> usvg::Options<'_> {
        usvg::Options { fontdb: Arc::clone(&self.fonts), ..usvg::Options::default() }
    }

    /// Returns the width of a text in thousandths of its font size.
    fn measure(&self, text: &str, family: &str, weight: u16) -> f32 {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text font-family="{family}" font-weight="{weight}" font-size="1000">{}</text></svg>"#,
            text.replace('&', "&amp;").replace('<', "&lt;")
        );
        usvg::Tree::from_str(&svg, &self.options()).map_or(0.0, |tree| tree.root().abs_bounding_box().width())
    }

    fn pixels(&self, svg: &str) -> anyhow::Result<RgbImage> {
        let tree = usvg::Tree::from_str(svg, &self.options()).context("a drawing is not valid SVG")?;
        let size = tree.size().to_int_size();
        let mut pixmap = Pixmap::new(size.width(), size.height()).context("a drawing has no size")?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        let opaque = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        RgbImage::from_raw(size.width(), size.height(), opaque)
            .context("a rendered drawing has the wrong size")
    }
}

fn jpeg(pixels: &RgbImage, quality: u8) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
        pixels,
        pixels.width(),
        pixels.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

/// Returns where the end credits of a clip begin, in milliseconds; `None` if it is too short to have any.
pub(super) fn credits_ms(clip_seconds: u32) -> Option<u64> {
    (clip_seconds >= LONG_SECONDS).then(|| u64::from(clip_seconds - CREDITS_SECONDS) * 1000)
}

/// Returns a video that pans to and fro over the film's backdrop. A long one has a melody, and dark frames while the credits would roll.
fn clip(backdrop: &RgbImage, seconds: u32) -> anyhow::Result<Vec<u8>> {
    let (wide, high) = (CLIP_WIDTH + CLIP_WIDTH / 6, CLIP_HEIGHT + CLIP_HEIGHT / 6);
    let image = DynamicImage::from(backdrop.clone()).resize_exact(wide, high, FilterType::Triangle);
    let dark = image.brighten(-90);
    let credits_frame = credits_ms(seconds).map(|credits_ms| credits_ms * u64::from(CLIP_FPS) / 1000);
    let last = PAN_SECONDS * CLIP_FPS - 1;
    let frames: anyhow::Result<Vec<_>> = (0..seconds * CLIP_FPS)
        .map(|frame| {
            let is_credits = credits_frame.is_some_and(|credits| u64::from(frame) >= credits);
            let (turn, step) = (frame / (last + 1), frame % (last + 1));
            let step = if turn % 2 == 0 { step } else { last - step };
            let (x, y) = ((wide - CLIP_WIDTH) * step / last, (high - CLIP_HEIGHT) * (last - step) / last);
            let image = if is_credits { &dark } else { &image };
            jpeg(&image.crop_imm(x, y, CLIP_WIDTH, CLIP_HEIGHT).into_rgb8(), 90)
        })
        .collect();
    let audio = (seconds >= LONG_SECONDS).then(|| melody(seconds));
    Ok(avi::motion_jpeg(&frames?, (CLIP_WIDTH, CLIP_HEIGHT), CLIP_FPS, audio.as_ref()))
}

/// Returns a melody in the five notes of Lao music, one note a second.
fn melody(seconds: u32) -> avi::Audio {
    const NOTES_HZ: [f64; 8] = [261.6, 293.7, 329.6, 392.0, 440.0, 392.0, 329.6, 293.7];
    let sample = |at: u32| {
        // Within a second, so that the numbers stay small and exact.
        let time = f64::from(at % SAMPLE_RATE) / f64::from(SAMPLE_RATE);
        let note_hz = NOTES_HZ[(at / SAMPLE_RATE) as usize % NOTES_HZ.len()];
        let fade = (time * 20.0).min(1.0) * (1.0 - time);
        let wave = (time * note_hz * std::f64::consts::TAU).sin();
        #[expect(clippy::cast_possible_truncation, reason = "the amplitude is at most 6000")]
        let sample = (wave * fade * 6000.0) as i16;
        sample
    };
    avi::Audio { sample_rate: SAMPLE_RATE, samples: (0..seconds * SAMPLE_RATE).map(sample).collect() }
}
