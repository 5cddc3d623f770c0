//! FFmpeg's libraries as functions over bytes. This code runs only in the sandboxed child.
//!
//! Invariants: it opens no files and no network addresses; each of FFmpeg's contexts is used by one thread at a time; every
//! `unsafe` block explains why it is sound.

#![expect(unsafe_code, reason = "only this module calls C")]

pub mod input;
pub mod log;
pub mod loudness;
pub mod pipeline;
pub mod probe;
pub mod subtitle_text;

mod allowed;
mod audio;
mod audio_encoder;
mod audio_source;
mod audio_timeline;
mod c_text;
mod cadence;
mod codecs;
mod color;
mod combing;
mod damage_log;
mod declared;
mod declared_end;
mod decode;
mod deinterlace;
mod extent;
mod fail;
mod filter;
mod fit;
mod frame_pool;
mod frame_times;
mod frames;
mod jpeg;
mod libraries;
mod light;
mod losses;
mod mux;
mod opening;
mod options;
mod other;
mod resample;
mod rung;
mod sampled_frames;
mod scale;
mod select;
mod sheet;
mod source;
mod stream_clock;
mod subtitle_track;
mod tone_map;
mod track;
mod track_reader;
mod video_encoder;
mod whole_scan;
mod windows;

pub use libraries::libraries;

#[doc(hidden)]
pub use ffmpeg_next;
