//! From a stranger's bytes to pictures that can be served.
//!
//! Decoding is bounded in pixels and memory, off the async threads, and a few at a time: a picture of 40 megapixels is hundreds of
//! megabytes while it is at work.

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

/// Most pixels of an upload.
const MAX_PIXELS: u64 = 40_000_000;
/// Longest side of an upload. Narrower formats than a panorama's are for nothing here.
const MAX_SIDE: u32 = 16_384;
/// Most memory while decoding: 16 bits in each of four channels, and some for the decoder itself.
const MAX_DECODER_BYTES: u64 = MAX_PIXELS * 8 + (64 << 20);
/// JPEG quality. Posters are flat colours and letters, where lower ones show.
const QUALITY: u8 = 85;
/// Largest colour profile that is kept. Wide gamuts that cameras write (Display P3, Adobe RGB) take some 550 bytes; larger ones are
/// mostly sRGB, which needs none.
const MAX_PROFILE_BYTES: usize = 1024;
/// Shortest side of an upload that is for no page at all.
const MIN_SIDE: u32 = 160;

/// Pictures at work at once.
static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(all_cores_but_one);

/// What is made of an upload.
#[derive(Debug)]
pub struct Picture {
    /// Width of the upload in pixels, upright.
    pub width: u32,
    /// Height of the upload in pixels, upright.
    pub height: u32,
    /// JPEGs by their width in pixels, rising.
    pub sizes: Vec<(u32, Bytes)>,
    /// `#rrggbb`.
    pub placeholder_colour: String,
}

/// Why an upload cannot be used, for who sent it: "The picture …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAPicture(String);

impl Picture {
    /// Decodes an upload and makes the widths that pages need of this kind.
    pub async fn make(kind: ImageKind, media_type: UploadType, upload: Bytes) -> Result<Self, NotAPicture> {
        let made = run_bounded(&PERMITS, move || make(kind, media_type, &upload)).await;
        // A decoder that panics has met bytes that are no picture.
        made.unwrap_or_else(|_| Err(NotAPicture("cannot be decoded".to_owned())))
    }
}

fn make(kind: ImageKind, media_type: UploadType, upload: &[u8]) -> Result<Picture, NotAPicture> {
    let decoded = decode(media_type, upload)?;
    let (width, height) = decoded.pixels.dimensions();
    let smallest = ladder(kind)[0];
    if width < smallest || height < MIN_SIDE {
        return Err(NotAPicture(format!(
            "is {width} × {height} pixels, and a {kind} needs at least {smallest} × {MIN_SIDE}"
        )));
    }
    let mut sizes = Vec::new();
    // From the widest down, each made of the one before: half the work, and no difference that can be seen.
    let mut pixels = decoded.pixels;
    for width in widths(kind, width).into_iter().rev() {
        if width != pixels.width() {
            let height = u64::from(pixels.height()) * u64::from(width) / u64::from(pixels.width());
            let height = u32::try_from(height).unwrap_or(u32::MAX).max(1);
            pixels = resize(pixels, width, height, FilterType::Lanczos3);
        }
        sizes.push((width, encode(&pixels, decoded.profile.as_deref())?));
    }
    sizes.reverse();
    Ok(Picture { width, height, sizes, placeholder_colour: dominant_colour(pixels) })
}

struct Decoded {
    pixels: RgbImage,
    profile: Option<Vec<u8>>,
}

fn decode(media_type: UploadType, upload: &[u8]) -> Result<Decoded, NotAPicture> {
    let unreadable = |error: image::ImageError| NotAPicture(format!("cannot be decoded: {error}"));
    let guessed = image::guess_format(upload).ok();
    let format = media_type.format();
    if guessed != Some(format) {
        let is = guessed.map_or("of no known kind", |format| format.to_mime_type());
        return Err(NotAPicture(format!("was sent as {}, and is {is}", format.to_mime_type())));
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
        return Err(NotAPicture(format!("is {width} × {height} pixels; at most 40 megapixels are taken")));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| is_rgb_profile(profile));
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    pixels.apply_orientation(orientation);
    Ok(Decoded { pixels: opaque(pixels), profile })
}

/// A profile that is worth its bytes and means what is encoded here. ICC.1:2022 §7.2.6: the colour space is at byte 16.
fn is_rgb_profile(profile: &[u8]) -> bool {
    profile.len() <= MAX_PROFILE_BYTES && profile.get(16..20) == Some(b"RGB ")
}

/// What shows through is white, as on paper: JPEG has no transparency.
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

/// What pages ask for: phones, tablets, large screens.
fn ladder(kind: ImageKind) -> &'static [u32] {
    match kind {
        ImageKind::Poster => &[240, 480, 960],
        ImageKind::Backdrop | ImageKind::Still => &[640, 1280, 1920],
        ImageKind::Portrait => &[160, 480],
    }
}

/// Never wider than the upload. One between two steps is made as wide as it is as well, unless that is hardly more than the step.
fn widths(kind: ImageKind, own: u32) -> Vec<u32> {
    let ladder = ladder(kind);
    let mut widths: Vec<u32> = ladder.iter().copied().filter(|step| *step <= own).collect();
    let (top, last) = (ladder[ladder.len() - 1], widths.last().copied().unwrap_or_default());
    if own < top && own > last + last / 5 {
        widths.push(own);
    }
    widths
}

/// By the function that is compiled with the library, and so is fast in tests as well.
fn resize(pixels: RgbImage, width: u32, height: u32, filter: FilterType) -> RgbImage {
    DynamicImage::from(pixels).resize_exact(width, height, filter).into_rgb8()
}

fn encode(pixels: &RgbImage, profile: Option<&[u8]>) -> Result<Bytes, NotAPicture> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    let encoded = profile.map_or(Ok(()), |profile| encoder.set_icc_profile(profile.to_vec()));
    encoded.map_err(|error| NotAPicture(format!("has a colour profile that cannot be kept: {error}")))?;
    let written =
        encoder.write_image(pixels, pixels.width(), pixels.height(), image::ExtendedColorType::Rgb8);
    written.map_err(|error| NotAPicture(format!("cannot be encoded: {error}")))?;
    Ok(bytes.into())
}

/// The colour that most of a picture is like; vivid ones count for more, since a poster is remembered by them and not by its margins.
fn dominant_colour(pixels: RgbImage) -> String {
    let small = resize(pixels, 32, 32, FilterType::Triangle);
    // Pixels alike in the three highest bits of each channel are one colour: its weight and the sums of its channels.
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
    // Of equal ones the darkest, so that the same picture always has the same.
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
    fn no_picture_is_made_wider_than_it_came() {
        for (kind, own, made) in [
            (ImageKind::Poster, 240, vec![240]),
            (ImageKind::Poster, 280, vec![240]),
            (ImageKind::Poster, 400, vec![240, 400]),
            (ImageKind::Poster, 900, vec![240, 480, 900]),
            (ImageKind::Poster, 960, vec![240, 480, 960]),
            (ImageKind::Poster, 4000, vec![240, 480, 960]),
            (ImageKind::Backdrop, 1000, vec![640, 1000]),
            (ImageKind::Still, 3840, vec![640, 1280, 1920]),
            (ImageKind::Portrait, 160, vec![160]),
            (ImageKind::Portrait, 481, vec![160, 480]),
        ] {
            assert_eq!(widths(kind, own), made, "{kind} {own}");
        }
    }

    #[test]
    fn a_picture_keeps_its_shape_and_what_shows_through_is_white() {
        let half = image::RgbaImage::from_fn(600, 900, |_, y| {
            image::Rgba([200, 10, 20, if y < 450 { 0 } else { 255 }])
        });
        let picture = make(ImageKind::Poster, UploadType::Png, &png(half)).unwrap();
        let shapes: Vec<_> = picture
            .sizes
            .iter()
            .map(|(width, bytes)| {
                let decoded =
                    image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).unwrap().into_rgb8();
                assert_eq!(decoded.width(), *width);
                assert!(decoded.get_pixel(5, 5).0.iter().all(|channel| *channel > 250));
                decoded.dimensions()
            })
            .collect();
        assert_eq!(shapes, [(240, 360), (480, 720), (600, 900)]);
        assert!(picture.placeholder_colour.starts_with("#c"), "{}", picture.placeholder_colour);
    }

    #[test]
    fn what_is_wrong_with_an_upload_is_said() {
        let small = png(RgbImage::new(100, 500));
        let good = png(RgbImage::new(300, 300));
        for (media_type, upload, why) in [
            (UploadType::Png, &b"GIF89a, really"[..], "was sent as image/png, and is"),
            (UploadType::Jpeg, &good, "was sent as image/jpeg, and is image/png"),
            (UploadType::Png, &good[..good.len() / 2], "cannot be decoded"),
            (UploadType::Png, &small, "is 100 × 500 pixels, and a poster needs at least 240 × 160"),
            (UploadType::Png, b"", "of no known kind"),
        ] {
            let error = make(ImageKind::Poster, media_type, upload).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    /// A header can promise any size; what it would take is not taken.
    #[test]
    fn a_bomb_is_refused_before_it_is_decoded() {
        for (width, height) in [(16_000_u32, 16_000_u32), (60_000, 10), (u32::MAX / 2, u32::MAX / 2)] {
            let mut bomb = png(RgbImage::new(1, 1));
            bomb[16..20].copy_from_slice(&width.to_be_bytes());
            bomb[20..24].copy_from_slice(&height.to_be_bytes());
            let crc = crc32(&bomb[12..29]);
            bomb[29..33].copy_from_slice(&crc.to_be_bytes());
            let error = make(ImageKind::Poster, UploadType::Png, &bomb).unwrap_err().to_string();
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
