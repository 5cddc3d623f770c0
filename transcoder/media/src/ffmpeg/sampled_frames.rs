//! Decodes a few frames of a track, whose properties are more reliable than those that the container declares.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use domain::facts::FieldOrder;
use ffmpeg_next::{
    Error, Packet, ffi, frame,
    frame::Flags,
    threading::{Config, Type},
};

use super::{
    combing::{Combing, CombingMeter},
    fail::check_memory,
    frames,
    input::Input,
};
use crate::error::MediaError;

/// Number of frames decoded at one position.
const FRAMES: u32 = 24;
/// Maximum number of packets of the track, and of all tracks, that are read at one position.
const MAX_PACKETS: (u32, u32) = (600, 20_000);

const DECODING: &str = "decoding video";

/// Properties of the frames at one position.
#[derive(Default)]
pub(super) struct SampledFrames {
    /// The first frame that is shown and undamaged.
    pub(super) first: Option<frame::Video>,
    progressive: u32,
    top_first: u32,
    bottom_first: u32,
    /// How the frames look.
    pub(super) combing: Combing,
    /// Hashes of the packets' data.
    packets: HashSet<u64>,
}

impl SampledFrames {
    fn count(&self) -> u32 {
        self.progressive + self.top_first + self.bottom_first
    }

    fn take(&mut self, frame: frame::Video) {
        match (frame.is_interlaced(), frame.is_top_first()) {
            (false, _) => self.progressive += 1,
            (true, true) => self.top_first += 1,
            (true, false) => self.bottom_first += 1,
        }
        let usable = frame.timestamp().is_some() && !frame.flags().contains(Flags::CORRUPT);
        if self.first.is_none() && usable {
            self.first = Some(frame);
        }
    }
}

/// Decodes the next frames of a track. Uses only this thread, since a probe must use little memory.
pub(super) fn decode(input: &mut Input, stream_index: u32) -> Result<SampledFrames, MediaError> {
    let mut context = input.decoder_context(stream_index)?;
    context.set_threading(Config { count: 1, ..Config::kind(Type::None) });
    let opened = context.decoder().video();
    let mut decoder = opened.map_err(MediaError::while_doing("opening the video decoder"))?;
    let mut sampled = SampledFrames::default();
    let (mut of_track, mut of_any) = MAX_PACKETS;
    let mut ended = false;
    let mut combing = CombingMeter::new();
    while !ended && sampled.count() < FRAMES {
        let mut packet = Packet::empty();
        if of_track == 0 || of_any == 0 || !input.read_packet(&mut packet)? {
            ended = true;
            decoder.send_eof().ok();
        } else {
            of_any -= 1;
            if packet.stream() != stream_index as usize {
                continue;
            }
            of_track -= 1;
            let mut hasher = DefaultHasher::new();
            packet.data().hash(&mut hasher);
            sampled.packets.insert(hasher.finish());
            // A damaged packet is skipped; the next may be good.
            if let Err(error) = decoder.send_packet(&packet) {
                check_memory(error, DECODING)?;
            }
        }
        loop {
            let mut frame = frames::video().map_err(MediaError::while_doing(DECODING))?;
            match decoder.receive_frame(&mut frame) {
                Ok(()) => {
                    combing.add(&frame)?;
                    sampled.take(frame);
                }
                Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => break,
                Err(error) => {
                    check_memory(error, DECODING)?;
                    // The decoder has consumed the damaged packet; continue with the next one.
                    if !ended || matches!(error, Error::Other { .. }) {
                        break;
                    }
                }
            }
        }
    }
    sampled.combing = combing.finish()?;
    Ok(sampled)
}

/// Whether all frames are the same image: a poster, which some programs store as a track and repeat.
pub(super) fn is_still(places: &[SampledFrames]) -> bool {
    let packets: HashSet<u64> = places.iter().flat_map(|place| &place.packets).copied().collect();
    packets.len() == 1
}

/// Returns the field order of most frames. If most are progressive, returns what the container declares, else progressive.
pub(super) fn field_order(places: &[SampledFrames], declared: Option<FieldOrder>) -> FieldOrder {
    let sum = |of: fn(&SampledFrames) -> u32| places.iter().map(of).sum::<u32>();
    let (progressive, top, bottom) = (sum(|p| p.progressive), sum(|p| p.top_first), sum(|p| p.bottom_first));
    if top + bottom > progressive {
        if bottom > top { FieldOrder::BottomFirst } else { FieldOrder::TopFirst }
    } else {
        declared.unwrap_or(FieldOrder::Progressive)
    }
}

/// Returns the name of a colour property; `None` if it is unspecified.
pub(super) fn named(name: *const std::ffi::c_char) -> Option<String> {
    // SAFETY: FFmpeg's names are static C strings, or null for values it does not know.
    let name = unsafe { super::c_text::c_text(name) };
    (!matches!(name.as_str(), "" | "unknown" | "reserved")).then_some(name)
}

/// Returns the number of bits of the deepest component of a sample format.
pub(super) fn bit_depth(format: ffi::AVPixelFormat) -> u32 {
    // SAFETY: returns a static table entry, or null for an unknown format.
    let descriptor = unsafe { ffi::av_pix_fmt_desc_get(format).as_ref() };
    let deepest = descriptor.and_then(|descriptor| {
        let components = &descriptor.comp[..usize::from(descriptor.nb_components).min(descriptor.comp.len())];
        components.iter().map(|component| component.depth).max()
    });
    deepest.and_then(|depth| u32::try_from(depth).ok()).unwrap_or(0)
}
