//! Reads from a Matroska file what libavformat's demuxer leaves out: cropping, and the display size that belongs to it.

use crate::{
    facts::{Crop, VideoFacts},
    ratio::Ratio,
};

const SEGMENT: u64 = 0x1853_8067;
const SEEK_HEAD: u64 = 0x114D_9B74;
const SEEK: u64 = 0x4DBB;
const SEEK_ID: u64 = 0x53AB;
const SEEK_POSITION: u64 = 0x53AC;
const CLUSTER: u64 = 0x1F43_B675;
const TRACKS: u64 = 0x1654_AE6B;
const TRACK_ENTRY: u64 = 0xAE;
const TRACK_TYPE: u64 = 0x83;
const VIDEO: u64 = 0xE0;
const PIXEL_WIDTH: u64 = 0xB0;
const PIXEL_HEIGHT: u64 = 0xBA;
const CROP_BOTTOM: u64 = 0x54AA;
const CROP_TOP: u64 = 0x54BB;
const CROP_LEFT: u64 = 0x54CC;
const CROP_RIGHT: u64 = 0x54DD;
const DISPLAY_WIDTH: u64 = 0x54B0;
const DISPLAY_HEIGHT: u64 = 0x54BA;
const DISPLAY_UNIT: u64 = 0x54B2;

/// Track type of video (RFC 9559 §5.1.4.1.3).
const TYPE_VIDEO: u64 = 1;
/// Display units that give a shape: samples, centimetres, inches, an aspect ratio (RFC 9559 §5.1.4.1.28.14). The next one is "unknown".
const UNIT_UNKNOWN: u64 = 4;
/// Maximum size of the list of tracks.
const MAX_TRACKS_BYTES: u64 = 1 << 20;
/// Maximum number of elements before the list of tracks.
const MAX_ELEMENTS: usize = 100;
/// Longest element header: four bytes of id and eight of size.
const MAX_HEADER_BYTES: usize = 12;

/// The geometry of a video track (RFC 9559 §5.1.4.1.28).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Geometry {
    width: u64,
    height: u64,
    crop: [u64; 4],
    display: Option<(u64, u64)>,
}

/// Returns the geometry of each video track, in file order; none if the file is not Matroska or damaged. `read` returns up to so many
/// bytes at an offset.
pub fn video_tracks<E>(mut read: impl FnMut(u64, usize) -> Result<Vec<u8>, E>) -> Result<Vec<Geometry>, E> {
    let head = read(0, MAX_HEADER_BYTES)?;
    if !head.starts_with(b"\x1a\x45\xdf\xa3") {
        return Ok(Vec::new());
    }
    let Some(header) = Element::parse(&head) else { return Ok(Vec::new()) };
    let mut offset = header.end(0);
    let mut segment = 0;
    let mut elsewhere = None;
    for _ in 0..MAX_ELEMENTS {
        let bytes = read(offset, MAX_HEADER_BYTES)?;
        let Some(element) = Element::parse(&bytes) else { break };
        match element.id {
            SEGMENT => {
                offset += element.header_bytes;
                segment = offset;
            }
            TRACKS => return Ok(tracks(&element.data(offset, &mut read)?)),
            SEEK_HEAD => {
                elsewhere = elsewhere.or(position_of_tracks(&element.data(offset, &mut read)?));
                offset = element.end(offset);
            }
            // Programs that edit a file in place move its tracks to the end.
            CLUSTER => {
                let Some(position) = elsewhere.take() else { break };
                offset = position.saturating_add(segment);
            }
            _ => offset = element.end(offset),
        }
    }
    Ok(Vec::new())
}

/// Returns where the list of tracks begins, from the start of the segment's data (RFC 9559 §5.1.1).
fn position_of_tracks(seek_head: &[u8]) -> Option<u64> {
    let mut seeks = children(seek_head).filter(|(id, _)| *id == SEEK);
    seeks.find_map(|(_, seek)| {
        let value =
            |wanted: u64| children(seek).find(|(id, _)| *id == wanted).map(|(_, bytes)| number(bytes));
        value(SEEK_POSITION).filter(|_| value(SEEK_ID) == Some(TRACKS))
    })
}

fn tracks(bytes: &[u8]) -> Vec<Geometry> {
    let entries = children(bytes).filter(|(id, _)| *id == TRACK_ENTRY);
    entries.filter_map(|(_, entry)| geometry(entry)).collect()
}

/// Returns the geometry of a track; `None` if it is not video.
fn geometry(entry: &[u8]) -> Option<Geometry> {
    let is_video = children(entry).any(|(id, bytes)| id == TRACK_TYPE && number(bytes) == TYPE_VIDEO);
    let (_, video) = children(entry).find(|(id, _)| *id == VIDEO).filter(|_| is_video)?;
    let value = |wanted: u64| children(video).find(|(id, _)| *id == wanted).map(|(_, bytes)| number(bytes));
    let has_shape = value(DISPLAY_UNIT).unwrap_or(0) < UNIT_UNKNOWN;
    Some(Geometry {
        width: value(PIXEL_WIDTH).unwrap_or(0),
        height: value(PIXEL_HEIGHT).unwrap_or(0),
        crop: [CROP_LEFT, CROP_RIGHT, CROP_TOP, CROP_BOTTOM].map(|id| value(id).unwrap_or(0)),
        display: value(DISPLAY_WIDTH).zip(value(DISPLAY_HEIGHT)).filter(|_| has_shape),
    })
}

impl Geometry {
    /// Adds the crop to the facts of the track, and corrects the sample aspect ratio: the display size is that of the cropped frame. Does
    /// nothing without a crop, or if the crop does not fit the frame.
    pub fn apply(self, facts: &mut VideoFacts) {
        let [left, right, top, bottom] = self.crop.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let shown = |side: u32, one: u32, other: u32| {
            side.checked_sub(one)?.checked_sub(other).filter(|side| *side > 0)
        };
        let crop = Crop { left, right, top, bottom };
        let is_of_frame = (self.width, self.height) == (facts.width.into(), facts.height.into());
        let (Some(width), Some(height)) = (shown(facts.width, left, right), shown(facts.height, top, bottom))
        else {
            return;
        };
        if crop.is_empty() || !is_of_frame {
            return;
        }
        facts.crop = crop;
        // Without a display size, samples are square (RFC 9559 §5.1.4.1.28.12).
        let (display_width, display_height) = self.display.unwrap_or((width.into(), height.into()));
        let term = |display: u64, side: u32| i64::try_from(display).ok()?.checked_mul(i64::from(side));
        let is_plausible = |aspect: &Ratio| aspect.num > 0 && aspect.num.max(aspect.den) <= i32::MAX.into();
        let aspect = term(display_width, height).zip(term(display_height, width));
        if let Some(aspect) = aspect.and_then(|(num, den)| Ratio::new(num, den)).filter(is_plausible) {
            facts.sample_aspect = aspect;
        }
    }
}

/// The header of an element (RFC 8794 §4, §6).
struct Element {
    id: u64,
    header_bytes: u64,
    /// Size of its data; `u64::MAX` if unknown.
    size: u64,
}

impl Element {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (id, id_bytes) = variable(bytes, true)?;
        let (size, size_bytes) = variable(bytes.get(id_bytes..)?, false)?;
        let is_unknown = size == (1 << (7 * size_bytes)) - 1;
        Some(Self {
            id,
            header_bytes: (id_bytes + size_bytes) as u64,
            size: if is_unknown { u64::MAX } else { size },
        })
    }

    /// Returns the data of an element that begins at `offset`, as much of it as a list of tracks may have.
    fn data<E>(
        &self,
        offset: u64,
        mut read: impl FnMut(u64, usize) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let size = usize::try_from(self.size.min(MAX_TRACKS_BYTES)).unwrap_or(0);
        read(offset.saturating_add(self.header_bytes), size)
    }

    /// Returns the offset after an element that begins at `offset`.
    fn end(&self, offset: u64) -> u64 {
        offset.saturating_add(self.header_bytes).saturating_add(self.size)
    }
}

/// Returns the elements of a master element: their ids and data.
fn children(mut bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        let element = Element::parse(bytes)?;
        let data = bytes.get(usize::try_from(element.header_bytes).ok()?..)?;
        let size = usize::try_from(element.size).unwrap_or(usize::MAX).min(data.len());
        let (own, rest) = data.split_at(size);
        bytes = rest;
        Some((element.id, own))
    })
}

/// Reads a variable-size integer and its length in bytes. The marker bit is part of an id, and not of a size.
fn variable(bytes: &[u8], keeps_marker: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let bytes = bytes.get(..length).filter(|_| length <= 8)?;
    let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    Some((if keeps_marker { value } else { value & ((1 << (7 * length)) - 1) }, length))
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::{Geometry, video_tracks};

    fn element(id: &[u8], data: &[u8]) -> Vec<u8> {
        let size = 0x4000_u16 | u16::try_from(data.len()).unwrap();
        [id, &size.to_be_bytes(), data].concat()
    }

    fn file(video: &[u8]) -> Vec<u8> {
        let entry = [element(&[0x83], &[1]), element(&[0xE0], video)].concat();
        let audio = element(&[0xAE], &element(&[0x83], &[2]));
        let tracks = element(&[0x16, 0x54, 0xAE, 0x6B], &[audio, element(&[0xAE], &entry)].concat());
        let segment = [element(&[0xEC], &[0; 50]), tracks].concat();
        let header = element(&[0x1A, 0x45, 0xDF, 0xA3], &[0; 20]);
        [header, b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff".to_vec(), segment].concat()
    }

    fn read(file: &[u8]) -> Vec<Geometry> {
        let found = video_tracks::<Infallible>(|offset, count| {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
            Ok(file[from..file.len().min(from.saturating_add(count))].to_vec())
        });
        found.unwrap()
    }

    #[test]
    fn crop_and_display_size_are_read() {
        let video = [
            element(&[0xB0], &[1, 224]),
            element(&[0xBA], &[1, 104]),
            element(&[0x54, 0xCC], &[10]),
            element(&[0x54, 0xDD], &[20]),
            element(&[0x54, 0xB0], &[2, 128]),
            element(&[0x54, 0xBA], &[1, 104]),
        ];
        let expected = Geometry { width: 480, height: 360, crop: [10, 20, 0, 0], display: Some((640, 360)) };
        assert_eq!(read(&file(&video.concat())), [expected]);
    }

    #[test]
    fn tracks_at_the_end_are_found_by_the_list_of_positions() {
        let entry = [element(&[0x83], &[1]), element(&[0xE0], &element(&[0x54, 0xAA], &[40]))].concat();
        let tracks = element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &entry));
        let cluster = element(&[0x1F, 0x43, 0xB6, 0x75], &[7; 300]);
        let seek_head = |position: u16| {
            let seek = [
                element(&[0x53, 0xAB], &[0x16, 0x54, 0xAE, 0x6B]),
                element(&[0x53, 0xAC], &position.to_be_bytes()),
            ];
            element(&[0x11, 0x4D, 0x9B, 0x74], &element(&[0x4D, 0xBB], &seek.concat()))
        };
        let position = u16::try_from(seek_head(0).len() + cluster.len()).unwrap();
        let header = element(&[0x1A, 0x45, 0xDF, 0xA3], &[0; 20]);
        let segment = [seek_head(position), cluster, tracks].concat();
        let whole = [header, element(&[0x18, 0x53, 0x80, 0x67], &segment)].concat();
        assert_eq!(read(&whole), [Geometry { crop: [0, 0, 0, 40], ..Geometry::default() }]);
    }

    #[test]
    fn other_and_damaged_files_have_none() {
        assert_eq!(read(b"RIFF"), []);
        assert_eq!(read(b""), []);
        let whole = file(&element(&[0xB0], &[1, 224]));
        for length in 0..whole.len() {
            read(&whole[..length]);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xFF;
            read(&damaged);
        }
    }
}
