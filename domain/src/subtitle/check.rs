//! Checks that all parsers make: the cues of a file, in the order of the file, become the cues of a subtitle.

use std::collections::HashSet;

use super::{Cue, CueError, Errors, LONG_CUE_MS, MAX_CUES, Warnings};

/// A cue, and the line of its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileCue {
    pub(super) line: u64,
    /// Order among the cues that begin at the same time; the layer in ASS.
    pub(super) layer: i32,
    pub(super) cue: Cue,
}

/// What a parser found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) cues: Vec<FileCue>,
    pub(super) errors: Errors,
    pub(super) warnings: Warnings,
    /// Whether the format allows cues in any order.
    pub(super) any_order: bool,
}

impl Parsed {
    /// Adds a cue, or what is wrong with it. Cues that show nothing are dropped with a warning.
    pub(super) fn add(&mut self, line: u64, layer: i32, cue: Cue) {
        match cue.check() {
            Ok(()) => self.cues.push(FileCue { line, layer, cue }),
            Err(CueError::ZeroLength) => {
                self.warnings.line(line, "the cue ends when it starts; it was dropped");
            }
            Err(CueError::Blank) => self.warnings.line(line, "the cue has no text; it was dropped"),
            Err(error) => self.errors.add(line, error.to_string()),
        }
    }

    /// Whether the file has more cues than Nang accepts. The parser stops then.
    pub(super) fn is_full(&mut self, line: u64) -> bool {
        let full = self.cues.len() >= MAX_CUES;
        if full {
            self.errors
                .add(line, format!("the file has more than {MAX_CUES} cues: split it, or check what it is"));
        }
        full
    }

    /// The cues in the order of their times.
    pub(super) fn finish(self, film_ms: Option<u64>) -> Result<(Vec<Cue>, Warnings), Errors> {
        let Self { mut cues, mut errors, mut warnings, any_order } = self;
        if errors.count > 0 {
            // What is wrong with a cue is found at its end, after what is wrong with its lines.
            errors.first.sort_by_key(|error| error.line);
            return Err(errors);
        }
        if let Some(film_ms) = film_ms {
            cues.retain_mut(|file_cue| fit_into_film(file_cue, film_ms, &mut warnings));
        }
        if !any_order {
            for (above, FileCue { line, cue, .. }) in cues.iter().zip(cues.iter().skip(1)) {
                if cue.start_ms < above.cue.start_ms {
                    warnings.line(*line, "the cue starts before the cue above it; the cues were sorted");
                }
            }
        }
        cues.sort_by_key(|file_cue| (file_cue.cue.start_ms, file_cue.layer));
        let mut seen = HashSet::new();
        cues.retain(|FileCue { line, cue, .. }| {
            let new = seen.insert(cue.clone());
            if !new {
                warnings.line(*line, "the cue is the same as another; it was dropped");
            }
            new
        });
        let mut latest_end_ms = 0;
        for FileCue { line, cue, .. } in &cues {
            if cue.start_ms < latest_end_ms {
                warnings.line(*line, "the cue starts before another has ended; both are kept");
            }
            latest_end_ms = latest_end_ms.max(cue.end_ms);
            if cue.end_ms - cue.start_ms > LONG_CUE_MS {
                warnings.line(*line, "the cue is longer than 60 s; check its end");
            }
        }
        warnings.sort();
        Ok((cues.into_iter().map(|file_cue| file_cue.cue).collect(), warnings))
    }
}

/// Cuts a cue at the film's end; returns whether any of it is left.
fn fit_into_film(FileCue { line, cue, .. }: &mut FileCue, film_ms: u64, warnings: &mut Warnings) -> bool {
    if cue.start_ms >= film_ms {
        warnings.line(*line, "the cue starts after the film's end; it was dropped");
        return false;
    }
    if cue.end_ms > film_ms {
        warnings.line(*line, "the cue ends after the film's end; it was cut there");
        cue.end_ms = film_ms;
    }
    true
}
