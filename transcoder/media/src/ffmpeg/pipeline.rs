//! Encodes one part of a film: a chunk in all video renditions of one encode group, or a whole audio track.
//!
//! The result depends only on the plan, the part and the master's bytes: the same part encoded again, on any machine with the same
//! build, gives the same bytes. Each segment is passed to the sink as soon as it is finished.
//!
//! A chunk uses one thread for decoding, one for scaling (and for the storyboard, which is little work) and one for each rung,
//! connected by short queues of shared frames. Only the caller's thread calls the sink. A stage whose neighbour has ended stops
//! without an error, since the neighbour's result contains the reason.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use domain::{
    damage::Damage,
    key::RenditionName,
    plan::{AudioTrack, Chunk, Encode, Picture, Plan, VideoPart},
};
use ffmpeg_next::frame;

use super::{
    audio,
    color::Color,
    decode::FrameReader,
    fail::out_of_memory,
    frame_pool::share,
    input::Input,
    rung::{self, RungWork},
    scale::Cascade,
    select::{Selection, ShownFrame},
    sheet::SheetPainter,
};
use crate::error::MediaError;

/// Maximum number of decoded frames in the queue for scaling. Small, since a master's frames may be large.
const QUEUE_DECODED: usize = 2;

/// Maximum number of scaled frames in the queue of a rung's encoder: enough that a rung does not wait while another encoder is briefly
/// slow.
const QUEUE_SCALED: usize = 4;

/// Maximum number of finished segments and progress reports in the queue for the sink.
const QUEUE_EVENTS: usize = 4;

/// Receives the results of encoding a part. Called from one thread.
pub trait PartSink {
    /// Receives the init segment of a rendition with its RFC 6381 codecs string, before the first segment.
    fn init(&mut self, rendition: &RenditionName, codecs: &str, bytes: Vec<u8>) -> io::Result<()>;

    /// Receives a finished segment. The segments of one rendition come in order; renditions are interleaved.
    fn segment(
        &mut self,
        rendition: &RenditionName,
        number: u32,
        duration_ticks: u64,
        bytes: Vec<u8>,
    ) -> io::Result<()>;

    /// Receives the chunk's sprite sheet of the storyboard, once, if the plan has one for this chunk.
    fn sheet(&mut self, bytes: Vec<u8>) -> io::Result<()>;

    /// Receives what decoding concealed in this part, at most once, if anything.
    fn damage(&mut self, damage: &Damage) -> io::Result<()>;

    /// Receives the number of output frames of this part that are finished in every rendition; for an audio track, the number of video
    /// frames that its finished segments cover.
    fn progress(&mut self, frames_done: u64) -> io::Result<()>;
}

/// Messages of the stages to the thread that calls the sink.
pub(super) enum Event {
    /// A rung's init segment.
    Init { rung: usize, codecs: String, bytes: Vec<u8> },
    /// A rung's next segment.
    Segment { rung: usize, number: u32, duration_ticks: u64, bytes: Vec<u8> },
    /// The chunk's sheet of the storyboard.
    Sheet { bytes: Vec<u8> },
    /// What decoding concealed.
    Damage(Damage),
    /// Number of frames that a rung has finished.
    Progress { rung: usize, frames: u64 },
}

/// Encodes one chunk in all encodes of one group.
pub fn encode_chunk(
    mut input: Input,
    plan: &Plan,
    part: VideoPart,
    sink: &mut dyn PartSink,
) -> Result<(), MediaError> {
    let VideoPart { chunk, group } = part;
    let missing = || MediaError::Plan(format!("the plan has no chunk {} of group {group}", chunk.index));
    let video = plan.video.as_ref().ok_or_else(missing)?;
    let encodes: Vec<(&Encode, Picture)> = video.group(group).collect();
    if encodes.is_empty() || plan.timeline.chunk(chunk.index) != Some(chunk) {
        return Err(missing());
    }
    input.correct_clock(&plan.clock);
    let mut reader = FrameReader::open(input, &video.source, plan.start)?;
    let color = Color::of_plan(video, &reader.parameters());
    thread::scope(|scope| {
        let (events_in, events) = sync_channel(QUEUE_EVENTS);
        let (decoded_in, decoded) = sync_channel(QUEUE_DECODED);
        // One group reports the damage and makes the storyboard; the other groups decode the same frames.
        let damage_in = (group == 0).then(|| events_in.clone());
        let mut stages = vec![start(scope, "decode", move || {
            decode(reader, plan, chunk, &decoded_in, damage_in.as_ref())
        })?];
        let painter = match video.storyboard {
            Some(storyboard) if group == 0 => SheetPainter::new(storyboard, chunk, color)?,
            _ => None,
        };
        let sheet = painter.map(|painter| (painter, events_in.clone()));
        let mut scaled_ins = Vec::new();
        let mut rungs = Vec::new();
        for (index, (encode, picture)) in encodes.iter().copied().enumerate() {
            let (scaled_in, scaled) = sync_channel(QUEUE_SCALED);
            scaled_ins.push((encode.picture as usize, scaled_in));
            let work = RungWork { timeline: &plan.timeline, chunk, encode, picture, index, color };
            let events_in = events_in.clone();
            rungs.push(start(scope, encode.name.as_str(), move || rung::encode(&work, &scaled, &events_in))?);
        }
        drop(events_in);
        stages.push(start(scope, "scale", move || {
            scale(Cascade::new(video, color), sheet, &decoded, &scaled_ins)
        })?);
        stages.extend(rungs);
        let delivered = deliver(&encodes, events, sink);
        let results: Vec<_> = stages
            .into_iter()
            .map(|stage| stage.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        let frames_done = delivered?;
        results.into_iter().collect::<Result<(), _>>()?;
        if frames_done == chunk.frames {
            Ok(())
        } else {
            Err(MediaError::Plan(format!("{frames_done} of {} frames were encoded", chunk.frames)))
        }
    })
}

/// Encodes one whole audio track.
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
    reader: FrameReader,
    plan: &Plan,
    chunk: Chunk,
    decoded: &SyncSender<ShownFrame>,
    damage_in: Option<&SyncSender<Event>>,
) -> Result<(), MediaError> {
    let mut selection = Selection::new(plan, chunk, reader)?;
    while let Some(shown) = selection.next()? {
        if decoded.send(shown).is_err() {
            return Ok(());
        }
    }
    let damage = selection.into_damage();
    if let Some(events) = damage_in
        && !damage.is_empty()
    {
        // If the receiving thread has stopped, its own result contains the reason.
        let _ = events.send(Event::Damage(damage));
    }
    Ok(())
}

fn scale(
    mut cascade: Cascade,
    mut sheet: Option<(SheetPainter, SyncSender<Event>)>,
    decoded: &Receiver<ShownFrame>,
    rungs: &[(usize, SyncSender<(frame::Video, u64)>)],
) -> Result<(), MediaError> {
    for ShownFrame { frame, times } in decoded {
        let frames = cascade.scale(&frame)?;
        if let (Some((painter, _)), Some(smallest)) = (&mut sheet, frames.last()) {
            painter.show(smallest, times)?;
        }
        for (picture, rung) in rungs {
            let scaled = share(&frames[*picture]).map_err(MediaError::while_doing("sharing a frame"))?;
            if rung.send((scaled, times)).is_err() {
                return Ok(());
            }
        }
    }
    let Some((painter, events)) = sheet else { return Ok(()) };
    if let Some(bytes) = painter.finish()? {
        // If the receiving thread has stopped, its own result contains the reason.
        let _ = events.send(Event::Sheet { bytes });
    }
    Ok(())
}

/// Passes all events to the sink. Returns the number of frames that every rendition has finished.
fn deliver(
    encodes: &[(&Encode, Picture)],
    events: Receiver<Event>,
    sink: &mut dyn PartSink,
) -> Result<u64, MediaError> {
    let mut frames = vec![0; encodes.len()];
    let mut slowest = 0;
    for event in events {
        let delivered = match event {
            Event::Init { rung, codecs, bytes } => sink.init(&encodes[rung].0.name, &codecs, bytes),
            Event::Segment { rung, number, duration_ticks, bytes } => {
                sink.segment(&encodes[rung].0.name, number, duration_ticks, bytes)
            }
            Event::Sheet { bytes } => sink.sheet(bytes),
            Event::Damage(damage) => sink.damage(&damage),
            Event::Progress { rung, frames: done } => {
                frames[rung] = done;
                let now = frames.iter().copied().min().unwrap_or(0);
                let has_advanced = now > slowest;
                slowest = now;
                if has_advanced { sink.progress(now) } else { Ok(()) }
            }
        };
        delivered.map_err(MediaError::Sink)?;
    }
    Ok(slowest)
}
