//! Checks the output of an encoding child against its plan, and stores it.
//!
//! The child cannot choose keys: a rendition must be in the task, numbers must continue from the task's first one, the
//! storyboard sheet is the task's, sizes and their sum must be within the limits, and damage must lie within the part. At most [`MAX_STORING`] segments are
//! in memory; a child that encodes faster than they can be stored waits.

use std::ops::Range;

use bytes::Bytes;
use domain::{
    child::{Limits, Task},
    damage::{Damage, TrackDamage},
    key::{BuildObject, RenditionName},
    output::{PartOutput, RenditionPart, Segment, StoredObject, StoredSheet},
};
use storage::StorageError;
use tokio::task::JoinSet;

use super::{ChildError, first_sample::end_of_first_sample, planned::PlannedPart};
use crate::objects::BuildObjects;

/// Maximum number of objects that are being stored at once.
const MAX_STORING: usize = 3;

/// The part of a film that is being encoded.
pub(super) struct Parts {
    objects: BuildObjects,
    renditions: Vec<Rendition>,
    /// What the plan says about the part. The names of its renditions are in `renditions`.
    planned: PlannedPart,
    /// The storyboard sheet that the part must have, if any.
    sheet: Option<Sheet>,
    damage: Option<Damage>,
    output_bytes: u64,
    limit_bytes: u64,
    storing: JoinSet<Result<Storing, ChildError>>,
}

struct Rendition {
    name: RenditionName,
    init: Option<(String, Option<StoredObject>)>,
    segments: Vec<Received>,
}

/// A media segment that was received.
struct Received {
    duration_ticks: u64,
    /// For video: number of bytes to the end of the first frame.
    first_frame_bytes: Option<u64>,
    object: Option<StoredObject>,
}

struct Sheet {
    number: u32,
    is_received: bool,
    object: Option<StoredObject>,
}

/// A stored object and its place in the part.
struct Storing {
    place: Place,
    object: StoredObject,
}

/// Renditions and segments are indexes, counted from 0.
enum Place {
    Init { rendition: usize },
    Segment { rendition: usize, segment: usize },
    Sheet,
}

impl Parts {
    pub(super) fn new(task: &Task, objects: BuildObjects, limits: &Limits) -> Result<Self, ChildError> {
        let mut planned = PlannedPart::of(task)?;
        let names = std::mem::take(&mut planned.names);
        let renditions = names.into_iter().map(|name| Rendition { name, init: None, segments: Vec::new() });
        Ok(Self {
            objects,
            renditions: renditions.collect(),
            sheet: planned.sheet.map(|number| Sheet { number, is_received: false, object: None }),
            planned,
            damage: None,
            output_bytes: 0,
            limit_bytes: limits.output_bytes,
            storing: JoinSet::new(),
        })
    }

    /// Returns the number of output frames in the part.
    pub(super) fn frames(&self) -> u64 {
        self.planned.frames
    }

    /// Checks and stores an init segment.
    pub(super) async fn init(
        &mut self,
        name: RenditionName,
        codecs: String,
        bytes: Bytes,
    ) -> Result<(), ChildError> {
        let at = self.find(&name)?;
        let printable = codecs.bytes().all(|b| b.is_ascii_alphanumeric() || b"., -".contains(&b));
        if codecs.is_empty() || !printable {
            return Err(ChildError::Hostile(format!("invalid codecs string {codecs:?}")));
        }
        if self.renditions[at].init.is_some() {
            return Err(ChildError::Hostile(format!("a second init segment of {name}")));
        }
        self.renditions[at].init = Some((codecs, None));
        self.admit(&bytes).await?;
        self.store(&BuildObject::Init(&name), Place::Init { rendition: at }, bytes);
        Ok(())
    }

    /// Checks and stores a media segment.
    pub(super) async fn segment(
        &mut self,
        name: RenditionName,
        number: u32,
        duration_ticks: u64,
        bytes: Bytes,
    ) -> Result<(), ChildError> {
        let at = self.find(&name)?;
        let rendition = &self.renditions[at];
        let index = rendition.segments.len();
        let expected = self.planned.numbers().start as usize + index;
        if rendition.init.is_none()
            || number as usize != expected
            || index == self.planned.segment_ticks.len()
        {
            return Err(ChildError::Hostile(format!(
                "segment {number} of {name} is out of order: segment {expected} is next, after the init segment"
            )));
        }
        let planned = self.planned.segment_ticks[index];
        if duration_ticks != planned {
            return Err(ChildError::Hostile(format!(
                "segment {number} of {name} lasts {duration_ticks} ticks instead of {planned}"
            )));
        }
        if bytes.is_empty() {
            return Err(ChildError::Hostile(format!("segment {number} of {name} is empty")));
        }
        let first_frame_bytes = if self.planned.is_video {
            let end = end_of_first_sample(&bytes);
            Some(end.ok_or_else(|| ChildError::Hostile(format!("segment {number} of {name} has no frame")))?)
        } else {
            None
        };
        self.renditions[at].segments.push(Received { duration_ticks, first_frame_bytes, object: None });
        self.admit(&bytes).await?;
        self.store(
            &BuildObject::Segment(&name, number),
            Place::Segment { rendition: at, segment: index },
            bytes,
        );
        Ok(())
    }

    /// Checks and stores the storyboard sheet.
    pub(super) async fn sheet(&mut self, bytes: Bytes) -> Result<(), ChildError> {
        let sheet = self.sheet.as_mut().filter(|sheet| !sheet.is_received && !bytes.is_empty());
        let sheet = sheet.ok_or_else(|| ChildError::Hostile("an unexpected storyboard sheet".to_owned()))?;
        sheet.is_received = true;
        let number = sheet.number;
        self.admit(&bytes).await?;
        self.store(&BuildObject::StoryboardSheet(number), Place::Sheet, bytes);
        Ok(())
    }

    /// Checks the report of what decoding concealed.
    pub(super) fn damage(&mut self, json: &[u8]) -> Result<(), ChildError> {
        let damage: Damage = serde_json::from_slice(json)
            .map_err(|error| ChildError::Hostile(format!("unreadable damage: {error}")))?;
        if self.planned.concealed.is_none() || self.damage.is_some() {
            return Err(ChildError::Hostile("an unexpected report of damage".to_owned()));
        }
        if damage.is_empty() || !damage.is_possible(&self.planned.span) {
            let Range { start, end } = self.planned.span.clone();
            return Err(ChildError::Hostile(format!(
                "impossible damage of the part from {start} to {end} ms"
            )));
        }
        self.damage = Some(damage);
        Ok(())
    }

    /// Waits until all objects are stored and returns their records. An error if the child reported success but left something out.
    pub(super) async fn finish(mut self) -> Result<PartOutput, ChildError> {
        while !self.storing.is_empty() {
            self.wait_for_one().await?;
        }
        let planned = self.planned.segment_ticks.len();
        let renditions = self.renditions.into_iter().map(|rendition| {
            let missing = || {
                let received = rendition.segments.len();
                ChildError::Hostile(format!(
                    "{received} of {planned} segments of {} were received",
                    rendition.name
                ))
            };
            let Some((codecs, Some(init))) = rendition.init.clone() else { return Err(missing()) };
            let numbered = (self.planned.numbers().start..).zip(&rendition.segments);
            let segments: Option<Vec<_>> = numbered
                .map(|(number, received)| {
                    Some(Segment {
                        number,
                        duration_ticks: received.duration_ticks,
                        first_frame_bytes: received.first_frame_bytes,
                        object: received.object.clone()?,
                    })
                })
                .collect();
            let segments = segments.filter(|segments| segments.len() == planned).ok_or_else(missing)?;
            Ok(RenditionPart { rendition: rendition.name.clone(), codecs, init, segments })
        });
        let renditions = renditions.collect::<Result<_, _>>()?;
        let sheet = match self.sheet {
            None => None,
            Some(Sheet { number, object: Some(object), .. }) => Some(StoredSheet { number, object }),
            Some(Sheet { object: None, .. }) => {
                return Err(ChildError::Hostile("the storyboard sheet is missing".to_owned()));
            }
        };
        let damage = self
            .planned
            .concealed
            .zip(self.damage)
            .map(|(concealed, damage)| TrackDamage { concealed, damage });
        Ok(PartOutput { renditions, sheet, subtitles: Vec::new(), damage: damage.into_iter().collect() })
    }

    /// Starts to store an object. An init segment must be the same in all parts of its rendition; it is compared with theirs.
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

    /// Counts an object against the output limit, and waits until fewer than [`MAX_STORING`] objects are being stored.
    async fn admit(&mut self, bytes: &Bytes) -> Result<(), ChildError> {
        self.output_bytes += bytes.len() as u64;
        if self.output_bytes > self.limit_bytes {
            return Err(ChildError::OutputLimit { limit_bytes: self.limit_bytes });
        }
        while self.storing.len() >= MAX_STORING {
            self.wait_for_one().await?;
        }
        Ok(())
    }

    async fn wait_for_one(&mut self) -> Result<(), ChildError> {
        let Some(ended) = self.storing.join_next().await else { return Ok(()) };
        let storing = ended.map_err(|error| {
            let (action, source) = ("store an encoded object".to_owned(), std::io::Error::other(error));
            StorageError::Io { action, source }
        })??;
        let object = Some(storing.object);
        match storing.place {
            Place::Init { rendition } => {
                if let Some((_, init)) = &mut self.renditions[rendition].init {
                    *init = object;
                }
            }
            Place::Segment { rendition, segment } => {
                self.renditions[rendition].segments[segment].object = object;
            }
            Place::Sheet => {
                if let Some(sheet) = &mut self.sheet {
                    sheet.object = object;
                }
            }
        }
        Ok(())
    }
}
