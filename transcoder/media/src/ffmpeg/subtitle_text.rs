//! Reads the text subtitle tracks of a master in one pass, without decoding: the parent reads the text.

use std::io;

use bytes::Bytes;
use domain::{
    child::{MAX_PIECE_BYTES, SubtitlePiece},
    plan::Plan,
    ratio::Ratio,
    subtitle::{EmbeddedEvent, EmbeddedFormat},
};
use ffmpeg_next::{Packet, ffi, packet::Ref as _};

use super::{
    extent::{is_shown, time_base},
    input::{Input, Read},
    subtitle_track::extradata,
    track,
};
use crate::error::MediaError;

/// One planned track.
struct Track {
    stream_index: u32,
    time_base: Ratio,
    is_markup: bool,
}

/// Sends the headers and events of all subtitle tracks of the plan to `sink`, with the index of each track's stream. A damaged place of
/// the master is skipped.
pub fn read(
    mut input: Input,
    plan: &Plan,
    sink: &mut dyn FnMut(u32, SubtitlePiece) -> io::Result<()>,
) -> Result<(), MediaError> {
    input.correct_clock(&plan.clock);
    let tracks = open(&mut input, plan)?;
    for track in &tracks {
        let parameters = track::parameters(&mut input, track.stream_index)?;
        let header = extradata(&parameters);
        if !header.is_empty() {
            let header = Bytes::copy_from_slice(&header[..header.len().min(MAX_PIECE_BYTES)]);
            sink(track.stream_index, SubtitlePiece::Header(header)).map_err(MediaError::Sink)?;
        }
    }
    let zero = micros(plan.start.ticks, plan.start.time_base);
    loop {
        let packet = match input.read()? {
            Read::Packet(packet) => packet,
            Read::Damaged => continue,
            Read::End => return Ok(()),
        };
        let track = tracks.iter().find(|track| track.stream_index as usize == packet.stream());
        if let Some(event) = track.and_then(|track| event(track, zero, &packet)) {
            let stream_index = u32::try_from(packet.stream()).unwrap_or(u32::MAX);
            sink(stream_index, SubtitlePiece::Event(event)).map_err(MediaError::Sink)?;
        }
    }
}

/// Returns the planned tracks; all other streams are discarded.
fn open(input: &mut Input, plan: &Plan) -> Result<Vec<Track>, MediaError> {
    for mut stream in input.format().streams_mut() {
        let is_planned = plan.subtitles.iter().any(|track| track.stream_index as usize == stream.index());
        let discard =
            if is_planned { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
        // SAFETY: the stream belongs to the open context; `discard` is a field that callers set.
        unsafe { (*stream.as_mut_ptr()).discard = discard };
    }
    let tracks = plan.subtitles.iter().map(|track| {
        let stream_index = track.stream_index;
        let missing = || MediaError::Plan(format!("the master has no track {stream_index}"));
        Ok(Track {
            stream_index,
            time_base: time_base(input, stream_index).ok_or_else(missing)?,
            is_markup: track.format != EmbeddedFormat::MovText,
        })
    });
    tracks.collect()
}

/// Returns the event of a packet; `None` if the packet has no time or is outside the edit list.
fn event(track: &Track, zero_micros: i64, packet: &Packet) -> Option<EmbeddedEvent> {
    let start = packet.pts().or(packet.dts()).filter(|_| is_shown(packet))?;
    let end = start.saturating_add(packet.duration().max(0));
    let ms = |ticks: i64| {
        let micros = micros(ticks, track.time_base).saturating_sub(zero_micros);
        (micros.saturating_add(500)).div_euclid(1000)
    };
    let text = packet.data().unwrap_or_default();
    Some(EmbeddedEvent {
        start_ms: ms(start),
        duration_ms: ms(end).saturating_sub(ms(start)).max(0).cast_unsigned(),
        settings: Bytes::copy_from_slice(settings(packet)),
        text: Bytes::copy_from_slice(&text[..piece_length(text, track.is_markup)]),
    })
}

/// The length of the part of a text that is sent. A text that is too long does not end within a character.
fn piece_length(text: &[u8], is_markup: bool) -> usize {
    let cut = &text[..text.len().min(MAX_PIECE_BYTES)];
    match std::str::from_utf8(cut) {
        Err(error) if is_markup && cut.len() < text.len() && error.error_len().is_none() => {
            error.valid_up_to()
        }
        _ => cut.len(),
    }
}

/// Returns the settings of a WebVTT cue.
fn settings(packet: &Packet) -> &[u8] {
    let mut size = 0;
    // SAFETY: the packet is valid; FFmpeg returns null or `size` bytes that belong to the packet.
    unsafe {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_WEBVTT_SETTINGS;
        let data = ffi::av_packet_get_side_data(packet.as_ptr(), kind, &raw mut size);
        if data.is_null() { &[] } else { std::slice::from_raw_parts(data, size.min(MAX_PIECE_BYTES)) }
    }
}

/// Converts ticks to microseconds, rounded to the nearest.
fn micros(ticks: i64, time_base: Ratio) -> i64 {
    let (num, den) = (i128::from(time_base.num) * 2_000_000, i128::from(time_base.den.max(1)));
    let micros = (i128::from(ticks) * num + den).div_euclid(2 * den);
    i64::try_from(micros).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::{MAX_PIECE_BYTES, Ratio, micros, piece_length};

    #[test]
    fn times_are_rounded_to_the_nearest() {
        let base = |num, den| Ratio::new(num, den).unwrap();
        for (ticks, base, expected) in [
            (1_001, base(1, 1000), 1_001_000),
            (-1, base(1, 3), -333_333),
            (2, base(1, 3), 666_667),
            (i64::MAX, base(1, 1), i64::MAX),
            (i64::MIN, base(1, 1), i64::MIN),
        ] {
            assert_eq!(micros(ticks, base), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ກ".repeat(MAX_PIECE_BYTES / 3 + 10);
        assert_eq!(piece_length(text.as_bytes(), true), MAX_PIECE_BYTES / 3 * 3);
        assert_eq!(piece_length(text.as_bytes(), false), MAX_PIECE_BYTES);
        assert_eq!(piece_length("ສະບາຍດີ".as_bytes(), true), "ສະບາຍດີ".len());
        assert_eq!(piece_length(b"a\xff", true), 2);
        assert_eq!(piece_length(&[], true), 0);
    }
}
