//! A chain of libavfilter's filters with one input and one output, for operations that have no simpler interface.
//!
//! A chain accepts frames of one size and format; when these change, the caller drains it and creates another.

use std::ffi::c_int;

use domain::ratio::Ratio;
use ffmpeg_next::{Error, ffi, filter, frame};

use super::{
    fail::{check, out_of_memory},
    frames,
};
use crate::error::MediaError;

const SETTING_UP: &str = "setting up a filter";
const FILTERING: &str = "filtering a frame";

/// A running chain.
pub(super) struct Filter {
    graph: filter::Graph,
    shape: Shape,
    /// Ticks of the output in one tick of the input.
    ticks_out_per_in: Ratio,
}

/// The properties of frames on which a chain depends.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    format: c_int,
    width: c_int,
    height: c_int,
}

impl Shape {
    fn of(frame: &frame::Video) -> Self {
        // SAFETY: a valid frame; plain fields.
        let (format, width, height) =
            unsafe { ((*frame.as_ptr()).format, (*frame.as_ptr()).width, (*frame.as_ptr()).height) };
        Self { format, width, height }
    }
}

impl Filter {
    /// Returns the chain `description` (libavfilter's syntax) for frames of the size and format of `like`.
    pub(super) fn new(description: &str, like: &frame::Video) -> Result<Self, MediaError> {
        let failed = || MediaError::while_doing(SETTING_UP);
        let shape = Shape::of(like);
        let mut graph = filter::Graph::new();
        // SAFETY: the graph was just created and has no filters. One thread, so that the result does not depend on the machine.
        unsafe {
            if graph.as_ptr().is_null() {
                return Err(out_of_memory(SETTING_UP));
            }
            (*graph.as_mut_ptr()).nb_threads = 1;
        }
        let source = filter::find("buffer").ok_or(Error::FilterNotFound).map_err(failed())?;
        let sink = filter::find("buffersink").ok_or(Error::FilterNotFound).map_err(failed())?;
        // The filters used here only add and compare times, so the unit does not matter.
        let arguments = format!(
            "video_size={}x{}:pix_fmt={}:time_base=1/90000:pixel_aspect=1/1",
            shape.width, shape.height, shape.format
        );
        graph.add(&source, "in", &arguments).map_err(failed())?;
        graph.add(&sink, "out", "").map_err(failed())?;
        let parsed = graph.output("in", 0).and_then(|parser| parser.input("out", 0)?.parse(description));
        parsed.map_err(failed())?;
        graph.validate().map_err(failed())?;
        let out = graph.get("out").map(|mut out| out.sink().time_base());
        let ticks_out_per_in = out
            .and_then(|base| Ratio::new(i64::from(base.1), i64::from(base.0) * 90_000))
            .ok_or(Error::Bug)
            .map_err(failed())?;
        Ok(Self { graph, shape, ticks_out_per_in })
    }

    /// Whether `frame` has the size and format of this chain.
    pub(super) fn fits(&self, frame: &frame::Video) -> bool {
        self.shape == Shape::of(frame)
    }

    /// Pushes one frame into the chain.
    pub(super) fn push(&mut self, frame: &frame::Video) -> Result<(), MediaError> {
        let mut source = self.graph.get("in").expect("created with the graph");
        // SAFETY: a valid frame, which the call only reads: it takes its own reference.
        let status = unsafe { ffi::av_buffersrc_write_frame(source.as_mut_ptr(), frame.as_ptr()) };
        check(status, FILTERING).map(|_| ())
    }

    /// Signals the end of the stream to the chain.
    pub(super) fn finish(&mut self) -> Result<(), MediaError> {
        let mut source = self.graph.get("in").expect("created with the graph");
        source.source().flush().map_err(MediaError::while_doing("filtering the last frame"))
    }

    /// Returns the next finished frame, timed in the unit of the pushed frames; `None` if more frames must be pushed first.
    pub(super) fn pull(&mut self) -> Result<Option<frame::Video>, MediaError> {
        let doing = MediaError::while_doing(FILTERING);
        let mut frame = frames::video().map_err(&doing)?;
        let mut sink = self.graph.get("out").expect("created with the graph");
        match sink.sink().frame(&mut frame) {
            Ok(()) => {
                let ratio = self.ticks_out_per_in;
                let pts = frame.pts().map(|pts| pts * ratio.den / ratio.num.max(1));
                frame.set_pts(pts);
                Ok(Some(frame))
            }
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => Ok(None),
            Err(error) => Err(doing(error)),
        }
    }
}
