//! Encoding one part of a film: a chunk in all video rungs, or a whole sound track.
//!
//! Both are functions of the plan, the part and the master's bytes and nothing else: the same part encoded again, on
//! any machine with the same build, gives the same bytes. Segments leave as soon as they are finished.
//!
//! A chunk runs on one thread for decoding, one for scaling (and for the storyboard, which is little work) and one for
//! each rung, joined by short queues of shared pictures; the caller's thread alone talks to the sink. A stage whose
//! neighbour is gone stops quietly, since the neighbour's own result says why.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use domain::{
    key::RenditionName,
    plan::{AudioTrack, Chunk, Plan},
};
use ffmpeg_next::frame;

use super::{
    audio,
    color::Color,
    decode::PictureReader,
    fail::out_of_memory,
    input::Input,
    rung::{self, RungWork},
    scale::Cascade,
    select::{Selection, Shown},
    sheet::SheetPainter,
};
use crate::error::MediaError;

/// Decoded pictures waiting to be scaled. Few, since a master's may be of any size.
const QUEUE_DECODED: usize = 2;

/// Scaled pictures waiting for a rung's encoder: enough that it need not wait for the bursts of another.
const QUEUE_SCALED: usize = 4;

/// Finished segments and notices waiting for the sink.
const QUEUE_EVENTS: usize = 4;

/// Takes what encoding a part gives. Called from one thread.
pub trait PartSink {
    /// The init segment of a rendition, before its first segment, with its RFC 6381 codecs string.
    fn init(&mut self, rendition: &RenditionName, codecs: &str, bytes: Vec<u8>) -> io::Result<()>;

    /// A finished segment. Those of one rendition come in order; renditions are interleaved.
    fn segment(
        &mut self,
        rendition: &RenditionName,
        number: u32,
        duration_ticks: u64,
        bytes: Vec<u8>,
    ) -> io::Result<()>;

    /// The chunk's sheet of the storyboard, once, if the plan has one for it.
    fn sheet(&mut self, bytes: Vec<u8>) -> io::Result<()>;

    /// Output frames of this part that are done in every rendition; of a sound track, the frames it covers.
    fn progress(&mut self, frames_done: u64) -> io::Result<()>;
}

/// What the stages tell the thread that talks to the sink.
pub(super) enum Event {
    /// A rung's init segment.
    Init { rung: usize, codecs: String, bytes: Vec<u8> },
    /// A rung's next segment.
    Segment { rung: usize, number: u32, duration_ticks: u64, bytes: Vec<u8> },
    /// The chunk's sheet of the storyboard.
    Sheet { bytes: Vec<u8> },
    /// Frames a rung has finished.
    Progress { rung: usize, frames: u64 },
}

/// Encodes one chunk in all rungs of the plan.
pub fn encode_chunk(
    input: Input,
    plan: &Plan,
    chunk: Chunk,
    sink: &mut dyn PartSink,
) -> Result<(), MediaError> {
    if plan.rungs.is_empty() || plan.chunk(chunk.index) != Some(chunk) {
        return Err(MediaError::Plan(format!("the plan has no chunk {} with rungs", chunk.index)));
    }
    let mut reader = PictureReader::open(input, &plan.video)?;
    let color = Color::of_track(&reader.parameters());
    thread::scope(|scope| {
        let (events_in, events) = sync_channel(QUEUE_EVENTS);
        let (decoded_in, decoded) = sync_channel(QUEUE_DECODED);
        let mut stages = vec![start(scope, "decode", move || decode(reader, plan, chunk, &decoded_in))?];
        let sheet = SheetPainter::new(plan, chunk, color)?.map(|painter| (painter, events_in.clone()));
        let mut scaled_ins = Vec::new();
        let mut rungs = Vec::new();
        for (index, rung) in plan.rungs.iter().enumerate() {
            let (scaled_in, scaled) = sync_channel(QUEUE_SCALED);
            scaled_ins.push(scaled_in);
            let work = RungWork { plan, chunk, rung, index, color };
            let events_in = events_in.clone();
            rungs.push(start(scope, rung.name.as_str(), move || rung::encode(&work, &scaled, &events_in))?);
        }
        drop(events_in);
        stages.push(start(scope, "scale", move || {
            scale(Cascade::new(plan, color), sheet, &decoded, &scaled_ins)
        })?);
        stages.extend(rungs);
        let delivered = deliver(plan, events, sink);
        let results: Vec<_> = stages
            .into_iter()
            .map(|stage| stage.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        let frames_done = delivered?;
        results.into_iter().collect::<Result<(), _>>()?;
        if frames_done == chunk.frames {
            Ok(())
        } else {
            Err(MediaError::Plan(format!("{frames_done} of {} frames came out", chunk.frames)))
        }
    })
}

/// Encodes one sound track from its beginning to its end.
pub fn encode_audio(
    input: Input,
    plan: &Plan,
    track: &AudioTrack,
    sink: &mut dyn PartSink,
) -> Result<(), MediaError> {
    audio::encode(input, plan, track, sink)
}

fn start<'scope, 'env>(
    scope: &'scope thread::Scope<'scope, 'env>,
    name: &str,
    stage: impl FnOnce() -> Result<(), MediaError> + Send + 'scope,
) -> Result<thread::ScopedJoinHandle<'scope, Result<(), MediaError>>, MediaError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn_scoped(scope, stage)
        .map_err(|_| out_of_memory("starting a thread"))
}

fn decode(
    reader: PictureReader,
    plan: &Plan,
    chunk: Chunk,
    decoded: &SyncSender<Shown>,
) -> Result<(), MediaError> {
    let mut selection = Selection::new(plan, chunk, reader)?;
    while let Some(shown) = selection.next()? {
        if decoded.send(shown).is_err() {
            return Ok(());
        }
    }
    if selection.broken() > 0 {
        tracing::warn!(
            chunk.index = chunk.index,
            broken = selection.broken(),
            "Bridged damaged places in the master's pictures"
        );
    }
    Ok(())
}

fn scale(
    mut cascade: Cascade,
    mut sheet: Option<(SheetPainter, SyncSender<Event>)>,
    decoded: &Receiver<Shown>,
    rungs: &[SyncSender<(frame::Video, u64)>],
) -> Result<(), MediaError> {
    for Shown { picture, times } in decoded {
        let pictures = cascade.scale(&picture)?;
        if let (Some((painter, _)), Some(smallest)) = (&mut sheet, pictures.last()) {
            painter.show(smallest, times)?;
        }
        for (rung, scaled) in rungs.iter().zip(pictures) {
            if rung.send((scaled, times)).is_err() {
                return Ok(());
            }
        }
    }
    let Some((painter, events)) = sheet else { return Ok(()) };
    if let Some(bytes) = painter.finish()? {
        // The thread that listens knows itself why it stopped.
        let _ = events.send(Event::Sheet { bytes });
    }
    Ok(())
}

/// Hands everything to the sink; gives the frames that every rung has finished.
fn deliver(plan: &Plan, events: Receiver<Event>, sink: &mut dyn PartSink) -> Result<u64, MediaError> {
    let mut frames = vec![0; plan.rungs.len()];
    let mut slowest = 0;
    for event in events {
        let handed = match event {
            Event::Init { rung, codecs, bytes } => sink.init(&plan.rungs[rung].name, &codecs, bytes),
            Event::Segment { rung, number, duration_ticks, bytes } => {
                sink.segment(&plan.rungs[rung].name, number, duration_ticks, bytes)
            }
            Event::Sheet { bytes } => sink.sheet(bytes),
            Event::Progress { rung, frames: done } => {
                frames[rung] = done;
                let now = frames.iter().copied().min().unwrap_or(0);
                let is_news = now > slowest;
                slowest = now;
                if is_news { sink.progress(now) } else { Ok(()) }
            }
        };
        handed.map_err(MediaError::Sink)?;
    }
    Ok(slowest)
}
