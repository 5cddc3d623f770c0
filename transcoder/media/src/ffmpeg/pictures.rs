//! A few decoded pictures of a track: what the stream itself says, where containers only repeat hearsay.

use domain::facts::FieldOrder;
use ffmpeg_next::{
    Error, Packet, ffi, frame,
    frame::Flags,
    threading::{Config, Type},
};

use super::{fail::pass_over, frames, input::Input};
use crate::error::MediaError;

/// Pictures looked at in one place.
const PICTURES: u32 = 24;
/// Packets of the track after which a decoder that gave nothing has failed, and of any track.
const PATIENCE: (u32, u32) = (600, 20_000);

const DECODING: &str = "decoding pictures";

/// What the pictures at one place have in common.
#[derive(Default)]
pub(super) struct Pictures {
    /// The first that is shown, whole and undamaged.
    pub(super) first: Option<frame::Video>,
    progressive: u32,
    top_first: u32,
    bottom_first: u32,
}

impl Pictures {
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

/// Decodes the next pictures of a track, on this thread alone: a probe's memory must stay small.
pub(super) fn decode(input: &mut Input, stream_index: u32) -> Result<Pictures, MediaError> {
    let mut context = input.decoder_context(stream_index)?;
    context.set_threading(Config { count: 1, ..Config::kind(Type::None) });
    let opened = context.decoder().video();
    let mut decoder = opened.map_err(MediaError::while_doing("opening the picture decoder"))?;
    let mut pictures = Pictures::default();
    let (mut of_track, mut of_any) = PATIENCE;
    let mut ended = false;
    while !ended && pictures.count() < PICTURES {
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
            // A broken packet is passed over: the next may do.
            if let Err(error) = decoder.send_packet(&packet) {
                pass_over(error, DECODING)?;
            }
        }
        loop {
            let mut frame = frames::video().map_err(MediaError::while_doing(DECODING))?;
            match decoder.receive_frame(&mut frame) {
                Ok(()) => pictures.take(frame),
                Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => break,
                Err(error) => {
                    pass_over(error, DECODING)?;
                    // The decoder has taken the broken packet; ask for what else it has.
                    if !ended || matches!(error, Error::Other { .. }) {
                        break;
                    }
                }
            }
        }
    }
    Ok(pictures)
}

/// The field order of most pictures; what the container declares counts where the stream cannot say.
pub(super) fn field_order(places: &[Pictures], declared: Option<FieldOrder>) -> FieldOrder {
    let sum = |of: fn(&Pictures) -> u32| places.iter().map(of).sum::<u32>();
    let (progressive, top, bottom) = (sum(|p| p.progressive), sum(|p| p.top_first), sum(|p| p.bottom_first));
    if top + bottom > progressive {
        if bottom > top { FieldOrder::BottomFirst } else { FieldOrder::TopFirst }
    } else {
        declared.unwrap_or(FieldOrder::Progressive)
    }
}

/// A colour property's name, unless it is unspecified.
pub(super) fn named(name: *const std::ffi::c_char) -> Option<String> {
    // SAFETY: FFmpeg's names are static C strings, or null for values it does not know.
    let name = unsafe { super::c_text::c_text(name) };
    (!matches!(name.as_str(), "" | "unknown" | "reserved")).then_some(name)
}

/// Bits of the deepest component of a sample format.
pub(super) fn bit_depth(format: ffi::AVPixelFormat) -> u32 {
    // SAFETY: returns a static table entry, or null for what is no format.
    let descriptor = unsafe { ffi::av_pix_fmt_desc_get(format).as_ref() };
    let deepest = descriptor.and_then(|descriptor| {
        let components = &descriptor.comp[..usize::from(descriptor.nb_components).min(descriptor.comp.len())];
        components.iter().map(|component| component.depth).max()
    });
    deepest.and_then(|depth| u32::try_from(depth).ok()).unwrap_or(0)
}
