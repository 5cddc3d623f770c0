//! What an encoding child hands back, checked against its plan and put into storage.
//!
//! The child names nothing: a rendition must be one of the task's, numbers must run on from the task's first one, the sheet of
//! the storyboard is the task's, and sizes and sums stay within the limits. At most [`AT_ONCE`] segments are in memory; a child that makes them
//! faster than they can be stored waits.

use bytes::Bytes;
use domain::{
    child::{Limits, Part, Task},
    key::{BuildObject, RenditionName},
    output::{PartOutput, RenditionPart, Segment, StoredObject, StoredSheet},
};
use storage::StorageError;
use tokio::task::JoinSet;

use super::{ChildError, first_sample::end_of_first_sample};
use crate::objects::BuildObjects;

const AT_ONCE: usize = 3;

/// The part of a film that is being made.
pub(super) struct Parts {
    objects: BuildObjects,
    renditions: Vec<Rendition>,
    first_number: u32,
    /// Whether they are pictures, and not sound.
    has_pictures: bool,
    /// The duration of each segment that each rendition must have, in the rendition's timescale.
    segment_ticks: Vec<u64>,
    /// Output frames in the part.
    frames: u64,
    /// The storyboard's sheet that the part must have, if any.
    sheet: Option<Sheet>,
    output_bytes: u64,
    limit_bytes: u64,
    storing: JoinSet<Result<Storing, ChildError>>,
}

struct Rendition {
    name: RenditionName,
    init: Option<(String, Option<StoredObject>)>,
    segments: Vec<Made>,
}

/// A media segment that has come.
struct Made {
    duration_ticks: u64,
    /// Of pictures: bytes to the end of the first.
    first_frame_bytes: Option<u64>,
    object: Option<StoredObject>,
}

struct Sheet {
    number: u32,
    has_come: bool,
    object: Option<StoredObject>,
}

/// One stored object and where it belongs.
struct Storing {
    place: Place,
    object: StoredObject,
}

/// Renditions and their segments are counted from 0.
enum Place {
    Init { rendition: usize },
    Segment { rendition: usize, place: usize },
    Sheet,
}

impl Parts {
    pub(super) fn new(task: &Task, objects: BuildObjects, limits: &Limits) -> Result<Self, ChildError> {
        let plan = &task.plan;
        let no_such_part = || ChildError::Plan(format!("the plan has no {}", task.part));
        let (names, first_number, segment_ticks, frames, sheet): (Vec<_>, _, Vec<_>, _, _) = match task.part {
            Part::Chunk(index) => {
                let chunk = plan.chunk(index).ok_or_else(no_such_part)?;
                let names = plan.rungs.iter().map(|rung| &rung.name).collect();
                let sheet = plan.storyboard.and_then(|storyboard| storyboard.sheet(chunk));
                let numbers = chunk.first_segment..chunk.first_segment + chunk.segments;
                let ticks = numbers.map(|number| plan.segment_ticks(number)).collect();
                (names, chunk.first_segment, ticks, chunk.frames, sheet)
            }
            Part::Audio(index) => {
                let track = plan.audio.get(index as usize).ok_or_else(no_such_part)?;
                (vec![&track.name], 1, plan.audio_segment_ticks(track.sample_rate_hz), plan.frames, None)
            }
        };
        let rendition =
            |name: &RenditionName| Rendition { name: name.clone(), init: None, segments: Vec::new() };
        Ok(Self {
            objects,
            renditions: names.into_iter().map(rendition).collect(),
            first_number,
            has_pictures: matches!(task.part, Part::Chunk(_)),
            segment_ticks,
            frames,
            sheet: sheet.map(|sheet| Sheet { number: sheet.number, has_come: false, object: None }),
            output_bytes: 0,
            limit_bytes: limits.output_bytes,
            storing: JoinSet::new(),
        })
    }

    /// Output frames in the part.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Takes an init segment.
    pub(super) async fn init(
        &mut self,
        name: RenditionName,
        codecs: String,
        bytes: Bytes,
    ) -> Result<(), ChildError> {
        let at = self.find(&name)?;
        let printable = codecs.bytes().all(|b| b.is_ascii_alphanumeric() || b"., -".contains(&b));
        if codecs.is_empty() || !printable {
            return Err(ChildError::Hostile(format!("codecs string {codecs:?}")));
        }
        if self.renditions[at].init.is_some() {
            return Err(ChildError::Hostile(format!("a second init segment of {name}")));
        }
        self.renditions[at].init = Some((codecs, None));
        self.admit(&bytes).await?;
        self.store(&BuildObject::Init(&name), Place::Init { rendition: at }, bytes);
        Ok(())
    }

    /// Takes a media segment.
    pub(super) async fn segment(
        &mut self,
        name: RenditionName,
        number: u32,
        duration_ticks: u64,
        bytes: Bytes,
    ) -> Result<(), ChildError> {
        let at = self.find(&name)?;
        let rendition = &self.renditions[at];
        let place = rendition.segments.len();
        let expected = self.first_number as usize + place;
        if rendition.init.is_none() || number as usize != expected || place == self.segment_ticks.len() {
            return Err(ChildError::Hostile(format!(
                "segment {number} of {name} where {expected} could come"
            )));
        }
        let planned = self.segment_ticks[place];
        if duration_ticks != planned {
            return Err(ChildError::Hostile(format!(
                "segment {number} of {name} lasts {duration_ticks} ticks instead of {planned}"
            )));
        }
        if bytes.is_empty() {
            return Err(ChildError::Hostile(format!("segment {number} of {name} is empty")));
        }
        let first_frame_bytes = if self.has_pictures {
            let end = end_of_first_sample(&bytes);
            Some(
                end.ok_or_else(|| ChildError::Hostile(format!("segment {number} of {name} has no picture")))?,
            )
        } else {
            None
        };
        self.renditions[at].segments.push(Made { duration_ticks, first_frame_bytes, object: None });
        self.admit(&bytes).await?;
        self.store(&BuildObject::Segment(&name, number), Place::Segment { rendition: at, place }, bytes);
        Ok(())
    }

    /// Takes the storyboard's sheet.
    pub(super) async fn sheet(&mut self, bytes: Bytes) -> Result<(), ChildError> {
        let sheet = self.sheet.as_mut().filter(|sheet| !sheet.has_come && !bytes.is_empty());
        let sheet = sheet.ok_or_else(|| ChildError::Hostile("a sheet where none could come".to_owned()))?;
        sheet.has_come = true;
        let number = sheet.number;
        self.admit(&bytes).await?;
        self.store(&BuildObject::StoryboardSheet(number), Place::Sheet, bytes);
        Ok(())
    }

    /// Waits until all is stored. Anything missing is the child's lie.
    pub(super) async fn finish(mut self) -> Result<PartOutput, ChildError> {
        while !self.storing.is_empty() {
            self.wait_for_one().await?;
        }
        let wanted = self.segment_ticks.len();
        let renditions = self.renditions.into_iter().map(|rendition| {
            let missing = || {
                let got = rendition.segments.len();
                ChildError::Hostile(format!("{got} of {wanted} segments of {} were made", rendition.name))
            };
            let Some((codecs, Some(init))) = rendition.init.clone() else { return Err(missing()) };
            let numbered = (self.first_number..).zip(&rendition.segments);
            let segments: Option<Vec<_>> = numbered
                .map(|(number, made)| {
                    Some(Segment {
                        number,
                        duration_ticks: made.duration_ticks,
                        first_frame_bytes: made.first_frame_bytes,
                        object: made.object.clone()?,
                    })
                })
                .collect();
            let segments = segments.filter(|segments| segments.len() == wanted).ok_or_else(missing)?;
            Ok(RenditionPart { rendition: rendition.name.clone(), codecs, init, segments })
        });
        let renditions = renditions.collect::<Result<_, _>>()?;
        let sheet = match self.sheet {
            None => None,
            Some(Sheet { number, object: Some(object), .. }) => Some(StoredSheet { number, object }),
            Some(Sheet { object: None, .. }) => {
                return Err(ChildError::Hostile("no sheet was made".to_owned()));
            }
        };
        Ok(PartOutput { renditions, sheet })
    }

    /// Begins to store an object. An init segment is the same in all parts of its rendition: the others' is compared.
    fn store(&mut self, object: &BuildObject<'_>, place: Place, bytes: Bytes) {
        let (objects, key) = (self.objects.clone(), self.objects.key(object));
        self.storing.spawn(async move {
            let object = objects.put(&key, bytes).await?;
            Ok(Storing { place, object })
        });
    }

    fn find(&self, name: &RenditionName) -> Result<usize, ChildError> {
        let found = self.renditions.iter().position(|rendition| rendition.name == *name);
        found.ok_or_else(|| ChildError::Hostile(format!("rendition {name}, which is not in the plan")))
    }

    /// Counts an object against the limit and waits for room to store it.
    async fn admit(&mut self, bytes: &Bytes) -> Result<(), ChildError> {
        self.output_bytes += bytes.len() as u64;
        if self.output_bytes > self.limit_bytes {
            return Err(ChildError::OutputLimit { limit_bytes: self.limit_bytes });
        }
        while self.storing.len() >= AT_ONCE {
            self.wait_for_one().await?;
        }
        Ok(())
    }

    async fn wait_for_one(&mut self) -> Result<(), ChildError> {
        let Some(ended) = self.storing.join_next().await else { return Ok(()) };
        let storing = ended.map_err(|error| {
            let (action, source) = ("store what was made".to_owned(), std::io::Error::other(error));
            StorageError::Io { action, source }
        })??;
        let object = Some(storing.object);
        match storing.place {
            Place::Init { rendition } => {
                if let Some((_, init)) = &mut self.renditions[rendition].init {
                    *init = object;
                }
            }
            Place::Segment { rendition, place } => self.renditions[rendition].segments[place].object = object,
            Place::Sheet => {
                if let Some(sheet) = &mut self.sheet {
                    sheet.object = object;
                }
            }
        }
        Ok(())
    }
}
