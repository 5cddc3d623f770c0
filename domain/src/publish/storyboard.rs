//! All sheets of the storyboard, whichever jobs made them.

use std::collections::BTreeMap;

use super::AssembleError;
use crate::{
    key::BuildObject,
    output::{PartOutput, StoredObject},
    plan::Plan,
};

/// Finds every sheet of the plan exactly once; gives their paths within the build.
pub(super) fn sheets(
    plan: &Plan,
    parts: &[PartOutput],
) -> Result<Vec<(String, StoredObject)>, AssembleError> {
    let mut made = BTreeMap::new();
    for sheet in parts.iter().filter_map(|part| part.sheet.as_ref()) {
        if made.insert(sheet.number, &sheet.object).is_some() {
            return Err(AssembleError::DuplicateSheet(sheet.number));
        }
    }
    let mut objects = Vec::with_capacity(made.len());
    for planned in plan.storyboard.iter().flat_map(|storyboard| storyboard.sheets(plan)) {
        let object = made.remove(&planned.number).ok_or(AssembleError::MissingSheet(planned.number))?;
        objects.push((BuildObject::StoryboardSheet(planned.number).to_string(), object.clone()));
    }
    match made.keys().next() {
        Some(number) => Err(AssembleError::UnknownSheet(*number)),
        None => Ok(objects),
    }
}
