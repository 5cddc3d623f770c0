//! A chain of libavfilter's filters with one way in and one way out, for what has no simpler interface.
//!
//! A chain is made for pictures of one size and format; when they change, the caller drains it and makes another.

use std::ffi::c_int;

use domain::ratio::Ratio;
use ffmpeg_next::{Error, ffi, filter, frame};

use super::{
    fail::{check, out_of_memory},
    frames,
};
use crate::error::MediaError;

const SETTING_UP: &str = "setting up a filter";
const FILTERING: &str = "filtering a picture";

/// A running chain.
pub(super) struct Filter {
    graph: filter::Graph,
    shape: Shape,
    /// Ticks of the way out in one tick of the way in.
    ticks_out_per_in: Ratio,
}

/// What a chain depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    format: c_int,
    width: c_int,
    height: c_int,
}

impl Shape {
    fn of(picture: &frame::Video) -> Self {
        // SAFETY: a valid frame; plain fields.
        let (format, width, height) =
            unsafe { ((*picture.as_ptr()).format, (*picture.as_ptr()).width, (*picture.as_ptr()).height) };
        Self { format, width, height }
    }
}

impl Filter {
    /// The chain `description` (libavfilter's syntax) for pictures like this one.
    pub(super) fn new(description: &str, like: &frame::Video) -> Result<Self, MediaError> {
        let failed = || MediaError::while_doing(SETTING_UP);
        let shape = Shape::of(like);
        let mut graph = filter::Graph::new();
        // SAFETY: the graph was just made and has no filters. One thread, so that nothing depends on the machine.
        unsafe {
            if graph.as_ptr().is_null() {
                return Err(out_of_memory(SETTING_UP));
            }
            (*graph.as_mut_ptr()).nb_threads = 1;
        }
        let source = filter::find("buffer").ok_or(Error::FilterNotFound).map_err(failed())?;
        let sink = filter::find("buffersink").ok_or(Error::FilterNotFound).map_err(failed())?;
        // Filters only add and compare times; the unit does not matter to those used here.
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

    /// Whether pictures like this one may be pushed.
    pub(super) fn fits(&self, picture: &frame::Video) -> bool {
        self.shape == Shape::of(picture)
    }

    /// Gives one picture in.
    pub(super) fn push(&mut self, picture: &frame::Video) -> Result<(), MediaError> {
        let mut source = self.graph.get("in").expect("made with the graph");
        // SAFETY: a valid frame, which the call only reads: it takes a reference of its own.
        let status = unsafe { ffi::av_buffersrc_write_frame(source.as_mut_ptr(), picture.as_ptr()) };
        check(status, FILTERING).map(|_| ())
    }

    /// Says that no more pictures come.
    pub(super) fn finish(&mut self) -> Result<(), MediaError> {
        let mut source = self.graph.get("in").expect("made with the graph");
        source.source().flush().map_err(MediaError::while_doing("filtering the last picture"))
    }

    /// The next finished picture, its time in the unit of those pushed; `None` when more must be pushed first.
    pub(super) fn pull(&mut self) -> Result<Option<frame::Video>, MediaError> {
        let doing = MediaError::while_doing(FILTERING);
        let mut picture = frames::video().map_err(&doing)?;
        let mut sink = self.graph.get("out").expect("made with the graph");
        match sink.sink().frame(&mut picture) {
            Ok(()) => {
                let ratio = self.ticks_out_per_in;
                let pts = picture.pts().map(|pts| pts * ratio.den / ratio.num.max(1));
                picture.set_pts(pts);
                Ok(Some(picture))
            }
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => Ok(None),
            Err(error) => Err(doing(error)),
        }
    }
}
