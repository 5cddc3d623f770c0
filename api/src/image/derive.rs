//! Decodes untrusted uploads and derives the images that are served.
//!
//! Decoding has limits on pixels and memory, and runs on blocking threads with a limit on concurrency, because an image of
//! 40 megapixels takes hundreds of megabytes during decoding.

use std::{
    collections::HashMap,
    io::Cursor,
    sync::{Arc, LazyLock},
};

use axum::body::Bytes;
use db::image::ImageKind;
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
    codecs::jpeg::JpegEncoder, imageops::FilterType, metadata::Orientation,
};
use tokio::sync::Semaphore;

use super::upload_type::UploadType;
use crate::blocking::{all_cores_but_one, run_bounded};

/// Maximum number of pixels of an upload.
const MAX_PIXELS: u64 = 40_000_000;
/// Maximum width and height of an upload. No page needs longer images.
const MAX_SIDE: u32 = 16_384;
/// Maximum memory of a decoder: 16 bits in each of four channels, and some for the decoder itself.
const MAX_DECODER_BYTES: u64 = MAX_PIXELS * 8 + (64 << 20);
/// JPEG quality. Lower qualities are visible on posters, which have flat colours and letters.
const QUALITY: u8 = 85;
/// WebP quality. Posters of the demo take less than half of the bytes that they take as JPEG with [`QUALITY`].
const WEBP_QUALITY: f32 = 76.0;
/// Maximum size of a colour profile that is kept. Wide-gamut profiles of cameras (Display P3, Adobe RGB) take about 550 bytes; larger
/// profiles are mostly sRGB, which needs none.
const MAX_PROFILE_BYTES: usize = 1024;
/// Minimum height of an upload; no page uses a smaller image.
const MIN_HEIGHT: u32 = 160;

/// Limits the number of images that are decoded at the same time.
static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(all_cores_but_one);

/// The images derived from an upload.
#[derive(Debug)]
pub struct DerivedImage {
    /// Width of the upload in pixels, after rotation to upright.
    pub width: u32,
    /// Height of the upload in pixels, after rotation to upright.
    pub height: u32,
    /// The image at each width, ascending.
    pub sizes: Vec<DerivedSize>,
    /// Dominant colour as `#rrggbb`.
    pub placeholder_colour: String,
}

/// An image at one width.
#[derive(Debug)]
pub struct DerivedSize {
    /// Width in pixels.
    pub width: u32,
    /// The image as JPEG, for programs that know nothing else: previews of shared links, old TVs.
    pub jpeg: Bytes,
    /// The image as WebP, for pages. Absent if the image has a colour profile, which only the JPEG keeps.
    pub webp: Option<Bytes>,
}

/// Why an upload cannot be used. The text continues a sentence that starts with "The image".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidImage(String);

impl DerivedImage {
    /// Decodes an upload and derives the widths that pages need of this kind.
    pub async fn derive(
        kind: ImageKind,
        media_type: UploadType,
        upload: Bytes,
    ) -> Result<Self, InvalidImage> {
        let derived = run_bounded(&PERMITS, move || derive(kind, media_type, &upload)).await;
        // If the decoder panics, the bytes are not a valid image.
        derived.unwrap_or_else(|_| Err(InvalidImage("cannot be decoded".to_owned())))
    }
}

fn derive(kind: ImageKind, media_type: UploadType, upload: &[u8]) -> Result<DerivedImage, InvalidImage> {
    let decoded = decode(media_type, upload)?;
    let (width, height) = decoded.pixels.dimensions();
    let smallest = ladder(kind)[0];
    if width < smallest || height < MIN_HEIGHT {
        return Err(InvalidImage(format!(
            "is {width} × {height} pixels; a {kind} needs at least {smallest} × {MIN_HEIGHT}"
        )));
    }
    let mut sizes = Vec::new();
    // In descending order, each width from the one before: half the work, without a visible difference.
    let mut pixels = decoded.pixels;
    for width in widths(kind, width).into_iter().rev() {
        if width != pixels.width() {
            let height = u64::from(pixels.height()) * u64::from(width) / u64::from(pixels.width());
            let height = u32::try_from(height).unwrap_or(u32::MAX).max(1);
            pixels = resize(pixels, width, height, FilterType::Lanczos3);
        }
        let jpeg = encode_jpeg(&pixels, decoded.profile.as_deref())?;
        let webp = if decoded.profile.is_none() { Some(encode_webp(&pixels)?) } else { None };
        sizes.push(DerivedSize { width, jpeg, webp });
    }
    sizes.reverse();
    Ok(DerivedImage { width, height, sizes, placeholder_colour: dominant_colour(pixels) })
}

struct Decoded {
    pixels: RgbImage,
    profile: Option<Vec<u8>>,
}

fn decode(media_type: UploadType, upload: &[u8]) -> Result<Decoded, InvalidImage> {
    let unreadable = |error: image::ImageError| InvalidImage(format!("cannot be decoded: {error}"));
    let guessed = image::guess_format(upload).ok();
    let format = media_type.format();
    if guessed != Some(format) {
        let is = guessed.map_or("of an unknown type", |format| format.to_mime_type());
        return Err(InvalidImage(format!("has the content type {} but is {is}", format.to_mime_type())));
    }
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(InvalidImage(format!("is {width} × {height} pixels; the maximum is 40 megapixels")));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| is_rgb_profile(profile));
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    pixels.apply_orientation(orientation);
    Ok(Decoded { pixels: opaque(pixels), profile })
}

/// Whether a colour profile is small enough to keep and is of RGB, which is encoded here. ICC.1:2022 §7.2.6: the colour space is at
/// byte 16.
fn is_rgb_profile(profile: &[u8]) -> bool {
    profile.len() <= MAX_PROFILE_BYTES && profile.get(16..20) == Some(b"RGB ")
}

/// Puts the image on a white background, because JPEG has no transparency.
fn opaque(pixels: DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let pixels = pixels.into_rgba8();
    let on_white = |channel: u8, alpha: u8| {
        let (channel, alpha) = (u16::from(channel), u16::from(alpha));
        u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0;
        Rgb([on_white(red, alpha), on_white(green, alpha), on_white(blue, alpha)])
    })
}

/// Returns the widths in pixels that pages use on phones, tablets and large screens, ascending.
fn ladder(kind: ImageKind) -> &'static [u32] {
    match kind {
        ImageKind::Poster => &[240, 320, 480, 960],
        ImageKind::Backdrop | ImageKind::Still => &[640, 960, 1280, 1920],
        ImageKind::Portrait => &[160, 480],
    }
}

/// Returns the widths to derive, never wider than the upload. If the upload's width is between two steps and more than a fifth larger
/// than the lower one, it is one of the widths.
fn widths(kind: ImageKind, own: u32) -> Vec<u32> {
    let ladder = ladder(kind);
    let mut widths: Vec<u32> = ladder.iter().copied().filter(|step| *step <= own).collect();
    let (top, last) = (ladder[ladder.len() - 1], widths.last().copied().unwrap_or_default());
    if own < top && own > last + last / 5 {
        widths.push(own);
    }
    widths
}

/// Uses a function that is compiled in the library and so is also fast in tests.
fn resize(pixels: RgbImage, width: u32, height: u32, filter: FilterType) -> RgbImage {
    DynamicImage::from(pixels).resize_exact(width, height, filter).into_rgb8()
}

fn encode_jpeg(pixels: &RgbImage, profile: Option<&[u8]>) -> Result<Bytes, InvalidImage> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    let encoded = profile.map_or(Ok(()), |profile| encoder.set_icc_profile(profile.to_vec()));
    encoded.map_err(|error| InvalidImage(format!("has a colour profile that cannot be encoded: {error}")))?;
    let written =
        encoder.write_image(pixels, pixels.width(), pixels.height(), image::ExtendedColorType::Rgb8);
    written.map_err(|error| InvalidImage(format!("cannot be encoded: {error}")))?;
    Ok(bytes.into())
}

fn encode_webp(pixels: &RgbImage) -> Result<Bytes, InvalidImage> {
    let encoder = webp::Encoder::from_rgb(pixels, pixels.width(), pixels.height());
    let encoded = encoder.encode_simple(false, WEBP_QUALITY);
    encoded
        .map(|bytes| Bytes::copy_from_slice(&bytes))
        .map_err(|error| InvalidImage(format!("cannot be encoded as WebP: {error:?}")))
}

/// Returns the dominant colour. Vivid colours have more weight, because they characterise a poster more than its margins do.
fn dominant_colour(pixels: RgbImage) -> String {
    let small = resize(pixels, 32, 32, FilterType::Triangle);
    // Pixels with the same three highest bits in each channel count as one colour. The values are its weight and the sums of its
    // channels.
    let mut colours: HashMap<[u8; 3], (u32, [u32; 3])> = HashMap::new();
    for Rgb(channels) in small.pixels() {
        let vivid = channels.iter().max().zip(channels.iter().min()).map_or(0, |(most, least)| most - least);
        let weight = 64 + u32::from(vivid);
        let (weights, sums) = colours.entry(channels.map(|channel| channel >> 5)).or_default();
        *weights += weight;
        for (sum, channel) in sums.iter_mut().zip(channels) {
            *sum += u32::from(*channel) * weight;
        }
    }
    // Of colours with equal weight the darkest, so that the result is deterministic.
    let (weight, sums) = colours
        .into_iter()
        .max_by_key(|(colour, (weight, _))| (*weight, std::cmp::Reverse(*colour)))
        .map_or((1, [0; 3]), |(_, most)| most);
    let [red, green, blue] = sums.map(|sum| sum / weight);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

impl UploadType {
    fn format(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::Webp => ImageFormat::WebP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(pixels: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Vec::new();
        pixels.into().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn derived_widths_do_not_exceed_the_upload() {
        for (kind, own, expected) in [
            (ImageKind::Poster, 240, vec![240]),
            (ImageKind::Poster, 280, vec![240]),
            (ImageKind::Poster, 400, vec![240, 320, 400]),
            (ImageKind::Poster, 900, vec![240, 320, 480, 900]),
            (ImageKind::Poster, 960, vec![240, 320, 480, 960]),
            (ImageKind::Poster, 4000, vec![240, 320, 480, 960]),
            (ImageKind::Backdrop, 1200, vec![640, 960, 1200]),
            (ImageKind::Still, 3840, vec![640, 960, 1280, 1920]),
            (ImageKind::Portrait, 160, vec![160]),
            (ImageKind::Portrait, 481, vec![160, 480]),
        ] {
            assert_eq!(widths(kind, own), expected, "{kind} {own}");
        }
    }

    #[test]
    fn derived_images_keep_the_aspect_ratio_and_have_a_white_background() {
        let half = image::RgbaImage::from_fn(600, 900, |_, y| {
            image::Rgba([200, 10, 20, if y < 450 { 0 } else { 255 }])
        });
        let derived = derive(ImageKind::Poster, UploadType::Png, &png(half)).unwrap();
        let dimensions: Vec<_> = derived
            .sizes
            .iter()
            .flat_map(|DerivedSize { width, jpeg, webp }| {
                let webp = webp.as_ref().unwrap();
                [(jpeg, ImageFormat::Jpeg), (webp, ImageFormat::WebP)].map(|(bytes, format)| {
                    let decoded = image::load_from_memory_with_format(bytes, format).unwrap().into_rgb8();
                    assert_eq!(decoded.width(), *width);
                    assert!(decoded.get_pixel(5, 5).0.iter().all(|channel| *channel > 250));
                    assert!(decoded.get_pixel(5, decoded.height() - 5)[0].abs_diff(200) < 6);
                    decoded.dimensions()
                })
            })
            .collect();
        let sizes = [(240, 360), (320, 480), (480, 720), (600, 900)];
        assert_eq!(dimensions, sizes.map(|size| [size; 2]).concat());
        assert!(derived.placeholder_colour.starts_with("#c"), "{}", derived.placeholder_colour);
    }

    #[test]
    fn an_error_says_what_is_wrong_with_an_upload() {
        let small = png(RgbImage::new(100, 500));
        let good = png(RgbImage::new(300, 300));
        for (media_type, upload, why) in [
            (UploadType::Png, &b"GIF89a, really"[..], "has the content type image/png but is"),
            (UploadType::Jpeg, &good, "has the content type image/jpeg but is image/png"),
            (UploadType::Png, &good[..good.len() / 2], "cannot be decoded"),
            (UploadType::Png, &small, "is 100 × 500 pixels; a poster needs at least 240 × 160"),
            (UploadType::Png, b"", "of an unknown type"),
        ] {
            let error = derive(ImageKind::Poster, media_type, upload).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    /// A file header can declare any size; the decoder must not allocate it.
    #[test]
    fn a_decompression_bomb_is_rejected_before_it_is_decoded() {
        for (width, height) in [(16_000_u32, 16_000_u32), (60_000, 10), (u32::MAX / 2, u32::MAX / 2)] {
            let mut bomb = png(RgbImage::new(1, 1));
            bomb[16..20].copy_from_slice(&width.to_be_bytes());
            bomb[20..24].copy_from_slice(&height.to_be_bytes());
            let crc = crc32(&bomb[12..29]);
            bomb[29..33].copy_from_slice(&crc.to_be_bytes());
            let error = derive(ImageKind::Poster, UploadType::Png, &bomb).unwrap_err().to_string();
            assert!(error.contains("megapixels") || error.contains("limit"), "{error}");
        }
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, byte| {
            (0..8).fold(
                crc ^ u32::from(*byte),
                |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
            )
        })
    }
}
