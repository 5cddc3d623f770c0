//! Receives the text subtitle tracks of a master from a child, and makes renditions of them.
//!
//! The child only separates the tracks; this process reads their text, without FFmpeg. A track that cannot be read is left out of the
//! film, with the reason for editors.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{
    child::{FromChild, SubtitlePiece},
    language::Language,
    output::{PartOutput, StoredSubtitle, SubtitlePart},
    plan::{Plan, SubtitleTrack},
    publish::SubtitleObjects,
    subtitle::{EmbeddedTrack, LeftOut, Warnings, read_embedded},
};
use storage::StorageError;

use super::{
    ChildError,
    session::{Receiver, unexpected},
};
use crate::objects::BuildObjects;

/// Maximum size of all tracks together. A track that exceeds it is left out.
const MAX_TOTAL_BYTES: usize = 128 << 20;

/// The tracks that were received so far, by the index of their streams.
pub(super) struct Tracks {
    tracks: BTreeMap<u32, EmbeddedTrack>,
    bytes: usize,
}

impl Tracks {
    pub(super) fn new(plan: &Plan) -> Self {
        let tracks = plan.subtitles.iter().map(|track| (track.stream_index, EmbeddedTrack::default()));
        Self { tracks: tracks.collect(), bytes: 0 }
    }

    fn add(&mut self, stream_index: u32, piece: SubtitlePiece) -> Result<(), ChildError> {
        let track = self.tracks.get_mut(&stream_index).ok_or_else(|| {
            ChildError::Hostile(format!("subtitles of stream {stream_index}, which are not in the plan"))
        })?;
        self.bytes = self.bytes.saturating_add(match &piece {
            SubtitlePiece::Header(header) => header.len(),
            SubtitlePiece::Event(event) => event.size_bytes(),
        });
        match piece {
            _ if self.bytes > MAX_TOTAL_BYTES => track.give_up(),
            SubtitlePiece::Header(header) => track.set_header(header),
            SubtitlePiece::Event(event) => track.push(event),
        }
        Ok(())
    }

    /// Reads the tracks and stores them in `objects`.
    pub(super) async fn store(
        mut self,
        plan: &Plan,
        objects: &BuildObjects,
    ) -> Result<PartOutput, ChildError> {
        let mut subtitles = Vec::with_capacity(plan.subtitles.len());
        for planned in &plan.subtitles {
            let track = self.tracks.remove(&planned.stream_index).unwrap_or_default();
            let (planned, film_ms) = (planned.clone(), plan.timeline.duration_ms());
            let name = planned.name.clone();
            // Reading a large track takes a moment.
            let read = tokio::task::spawn_blocking(move || rendition(&planned, &track, film_ms)).await;
            let (stored, details) = match read.map_err(not_read)? {
                Ok((made, warnings)) => {
                    let stored = StoredSubtitle { measured: made.measured.clone(), objects: made.stored() };
                    for (path, text) in made.texts {
                        // Rendition names and numbers always make keys.
                        let key = objects.at(&path).map_err(|error| ChildError::Plan(error.to_string()))?;
                        objects.put(&key, Bytes::from(text)).await?;
                    }
                    (Some(stored), details(&warnings))
                }
                Err(left_out) => (None, vec![left_out.to_string()]),
            };
            subtitles.push(SubtitlePart { rendition: name, stored, details });
        }
        Ok(PartOutput { subtitles, ..PartOutput::default() })
    }
}

impl Receiver for Tracks {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Subtitle { stream_index, piece } => self.add(stream_index, piece),
            message => Err(unexpected(&message)),
        }
    }
}

fn rendition(
    planned: &SubtitleTrack,
    track: &EmbeddedTrack,
    film_ms: u64,
) -> Result<(SubtitleObjects, Warnings), LeftOut> {
    let language = planned.language.as_deref().and_then(Language::normalize);
    let (cues, warnings) = read_embedded(planned.format, track, language.as_ref(), film_ms)?;
    Ok((SubtitleObjects::new(&planned.name, &cues, film_ms), warnings))
}

fn details(warnings: &Warnings) -> Vec<String> {
    let more = (warnings.more > 0).then(|| format!("and {} more warnings", warnings.more));
    warnings.first.iter().map(ToString::to_string).chain(more).collect()
}

fn not_read(error: tokio::task::JoinError) -> ChildError {
    let (action, source) = ("read the subtitles".to_owned(), std::io::Error::other(error));
    StorageError::Io { action, source }.into()
}
