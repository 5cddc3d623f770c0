//! Corrects single cues. The checks are those of an uploaded file; overlaps are allowed.

use super::{Cue, CueError, MAX_CUES};

/// Why a correction is refused. The cues do not change then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no cue with that index.
    #[error("the subtitle has no cue {}: load it again", index + 1)]
    NoCue {
        /// The index, from 0.
        index: usize,
    },
    /// The cue is not valid.
    #[error(transparent)]
    Cue(#[from] CueError),
    /// The cue ends after the film.
    #[error("the cue ends after the film's end: correct its times")]
    AfterFilm,
    /// Another cue is exactly the same.
    #[error("cue {} is the same: correct that one", index + 1)]
    Duplicate {
        /// Index of the other cue, from 0.
        index: usize,
    },
    /// The subtitle has [`MAX_CUES`] cues.
    #[error("the subtitle already has {MAX_CUES} cues")]
    TooMany,
}

/// Replaces a cue. Returns its new index: the cues stay in the order of their starts.
pub fn replace_cue(
    cues: &mut Vec<Cue>,
    index: usize,
    new: Cue,
    film_ms: Option<u64>,
) -> Result<usize, EditError> {
    if index >= cues.len() {
        return Err(EditError::NoCue { index });
    }
    if cues[index] == new {
        return Ok(index);
    }
    check(cues, &new, film_ms)?;
    // Among cues that start at the same time, the order does not change.
    if cues[index].start_ms == new.start_ms {
        cues[index] = new;
        return Ok(index);
    }
    cues.remove(index);
    Ok(place(cues, new))
}

/// Inserts a cue after all cues that start before it or at the same time. Returns its index.
pub fn insert_cue(cues: &mut Vec<Cue>, new: Cue, film_ms: Option<u64>) -> Result<usize, EditError> {
    check(cues, &new, film_ms)?;
    if cues.len() >= MAX_CUES {
        return Err(EditError::TooMany);
    }
    Ok(place(cues, new))
}

/// Deletes a cue and returns it.
pub fn delete_cue(cues: &mut Vec<Cue>, index: usize) -> Result<Cue, EditError> {
    if index >= cues.len() {
        return Err(EditError::NoCue { index });
    }
    Ok(cues.remove(index))
}

fn check(cues: &[Cue], new: &Cue, film_ms: Option<u64>) -> Result<(), EditError> {
    new.check()?;
    if film_ms.is_some_and(|film_ms| new.end_ms > film_ms) {
        return Err(EditError::AfterFilm);
    }
    match cues.iter().position(|cue| cue == new) {
        Some(index) => Err(EditError::Duplicate { index }),
        None => Ok(()),
    }
}

fn place(cues: &mut Vec<Cue>, new: Cue) -> usize {
    let index = cues.partition_point(|cue| cue.start_ms <= new.start_ms);
    cues.insert(index, new);
    index
}
