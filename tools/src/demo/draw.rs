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
const CLIP_FRAMES: u16 = 48;

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
            clip: clip(&backdrop)?,
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

/// Returns eight seconds of video that pans over the film's backdrop.
fn clip(backdrop: &RgbImage) -> anyhow::Result<Vec<u8>> {
    let (wide, high) = (CLIP_WIDTH + CLIP_WIDTH / 6, CLIP_HEIGHT + CLIP_HEIGHT / 6);
    let image = DynamicImage::from(backdrop.clone()).resize_exact(wide, high, FilterType::Triangle);
    let frames: anyhow::Result<Vec<_>> = (0..u32::from(CLIP_FRAMES))
        .map(|frame| {
            let last = u32::from(CLIP_FRAMES - 1);
            let (x, y) = ((wide - CLIP_WIDTH) * frame / last, (high - CLIP_HEIGHT) * (last - frame) / last);
            jpeg(&image.crop_imm(x, y, CLIP_WIDTH, CLIP_HEIGHT).into_rgb8(), 90)
        })
        .collect();
    Ok(avi::motion_jpeg(&frames?, (CLIP_WIDTH, CLIP_HEIGHT), CLIP_FPS))
}
