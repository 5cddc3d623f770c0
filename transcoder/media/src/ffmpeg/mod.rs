//! FFmpeg's libraries made into functions of bytes. Runs inside the sandboxed child only.
//!
//! Invariants: opens no file and no address; contexts stay on the thread that made them; every `unsafe` block says
//! why it is sound.

#![expect(unsafe_code, reason = "the one place that calls C")]

pub mod input;
pub mod log;
pub mod pipeline;
pub mod probe;

mod allowed;
mod audio;
mod audio_encoder;
mod c_text;
mod cadence;
mod codecs;
mod color;
mod declared;
mod decode;
mod deinterlace;
mod extent;
mod fail;
mod filter;
mod frames;
mod jpeg;
mod libraries;
mod mux;
mod opening;
mod options;
mod picture;
mod pictures;
mod resample;
mod rung;
mod scale;
mod select;
mod sheet;
mod soundtrack;
mod source;
mod track;
mod track_reader;
mod video_encoder;
mod windows;

pub use libraries::libraries;

#[doc(hidden)]
pub use ffmpeg_next;
