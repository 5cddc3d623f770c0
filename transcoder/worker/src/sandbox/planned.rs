//! What a plan says about one part: everything by which the output of a part can be checked.

use std::ops::Range;

use domain::{
    child::{Part, Task},
    damage::{Concealed, part_span},
    key::RenditionName,
};

use super::ChildError;

/// A part of a film as it is planned: a chunk or an audio track.
pub(crate) struct PlannedPart {
    /// The renditions, in the plan's order.
    pub(crate) names: Vec<RenditionName>,
    first_number: u32,
    /// Whether the renditions are video, not audio.
    pub(crate) is_video: bool,
    /// The duration of each segment of each rendition, in the rendition's timescale.
    pub(crate) segment_ticks: Vec<u64>,
    /// Number of output frames.
    pub(crate) frames: u64,
    /// Number of the storyboard sheet that the part must have, if any.
    pub(crate) sheet: Option<u32>,
    /// The stretch of the film that the part covers, in milliseconds.
    pub(crate) span: Range<u64>,
    /// How damage of the part is concealed; `None` if the part must not report any.
    pub(crate) concealed: Option<Concealed>,
}

impl PlannedPart {
    /// Reads the part of a task from its plan. Subtitles are no such part.
    pub(crate) fn of(task: &Task) -> Result<Self, ChildError> {
        let (plan, timeline) = (&task.plan, &task.plan.timeline);
        let no_such_part = || ChildError::Plan(format!("the plan has no {}", task.part));
        let (names, first_number, segment_ticks, frames, sheet): (Vec<_>, _, Vec<_>, _, _) = match task.part {
            Part::Chunk { index, group } => {
                let chunk = timeline.chunk(index).ok_or_else(no_such_part)?;
                let video = plan.video.as_ref().ok_or_else(no_such_part)?;
                let names: Vec<_> = video.group(group).map(|(encode, _)| &encode.name).collect();
                if names.is_empty() {
                    return Err(no_such_part());
                }
                // As in the child, one group makes the storyboard.
                let storyboard = video.storyboard.filter(|_| group == 0);
                let sheet = storyboard.and_then(|storyboard| storyboard.sheet(chunk));
                let numbers = chunk.first_segment..chunk.first_segment + chunk.segments;
                let ticks = numbers.map(|number| timeline.segment_ticks(number)).collect();
                (names, chunk.first_segment, ticks, chunk.frames, sheet)
            }
            Part::Audio(index) => {
                let track = plan.audio.get(index as usize).ok_or_else(no_such_part)?;
                let names = track.renditions().map(|(_, rendition)| &rendition.name).collect();
                (names, 1, timeline.audio_segment_ticks(track.sample_rate_hz), timeline.frames, None)
            }
            Part::Subtitles => return Err(no_such_part()),
        };
        Ok(Self {
            names: names.into_iter().cloned().collect(),
            first_number,
            is_video: matches!(task.part, Part::Chunk { .. }),
            segment_ticks,
            frames,
            sheet: sheet.map(|sheet| sheet.number),
            span: part_span(plan, task.part).ok_or_else(no_such_part)?,
            concealed: Concealed::of(task.part),
        })
    }

    /// Returns the numbers of the segments.
    pub(crate) fn numbers(&self) -> Range<u32> {
        let count = u32::try_from(self.segment_ticks.len()).unwrap_or(u32::MAX);
        self.first_number..self.first_number.saturating_add(count)
    }
}
