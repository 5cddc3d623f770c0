//! The sheets of the storyboard from all jobs.

use std::collections::BTreeMap;

use super::AssembleError;
use crate::{
    key::BuildObject,
    output::{PartOutput, StoredObject},
    plan::Plan,
};

/// Collects the sheets from all parts, with their paths within the build. Every sheet of the plan must exist exactly once.
pub(super) fn sheets(
    plan: &Plan,
    parts: &[PartOutput],
) -> Result<Vec<(String, StoredObject)>, AssembleError> {
    let mut sheets = BTreeMap::new();
    for sheet in parts.iter().filter_map(|part| part.sheet.as_ref()) {
        if sheets.insert(sheet.number, &sheet.object).is_some() {
            return Err(AssembleError::DuplicateSheet(sheet.number));
        }
    }
    let mut objects = Vec::with_capacity(sheets.len());
    let storyboard = plan.video.as_ref().and_then(|video| video.storyboard);
    for planned in storyboard.iter().flat_map(|storyboard| storyboard.sheets(&plan.timeline)) {
        let object = sheets.remove(&planned.number).ok_or(AssembleError::MissingSheet(planned.number))?;
        objects.push((BuildObject::StoryboardSheet(planned.number).to_string(), object.clone()));
    }
    match sheets.keys().next() {
        Some(number) => Err(AssembleError::UnknownSheet(*number)),
        None => Ok(objects),
    }
}
