//! Why a film, a file, a dub or a job failed: a stable code with its values, which pages translate, and an English sentence.

mod code;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

pub use code::ReasonCode;

/// Maximum size of a value that another process sent, in bytes.
const MAX_VALUE_BYTES: usize = 400;

/// A reason. Displays as an English sentence for editors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What it is.
    pub code: ReasonCode,
    /// The values in its text, by name.
    #[serde(default)]
    pub values: BTreeMap<String, ReasonValue>,
}

/// A value in the text of a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReasonValue {
    /// A number, a name or a time.
    Text(String),
    /// A part of the sentence that is a reason itself, such as a cause.
    Reason(Box<Reason>),
}

impl From<ReasonCode> for Reason {
    fn from(code: ReasonCode) -> Self {
        Self { code, values: BTreeMap::new() }
    }
}

impl From<&str> for Reason {
    /// A reason without a code of its own.
    fn from(text: &str) -> Self {
        ReasonCode::Other.with("detail", text)
    }
}

impl From<&Reason> for Reason {
    fn from(reason: &Reason) -> Self {
        reason.clone()
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl ReasonCode {
    /// Makes a reason with one value.
    pub fn with(self, name: &str, value: impl fmt::Display) -> Reason {
        Reason::from(self).with(name, value)
    }

    /// Makes a reason of which another one is a part.
    pub fn with_reason(self, name: &str, part: impl Into<Reason>) -> Reason {
        Reason::from(self).with_reason(name, part)
    }
}

impl Reason {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.values.insert(name.to_owned(), ReasonValue::Text(value.to_string()));
        self
    }

    /// Adds a value if there is one.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds another reason as a part of the sentence.
    #[must_use]
    pub fn with_reason(mut self, name: &str, part: impl Into<Self>) -> Self {
        self.values.insert(name.to_owned(), ReasonValue::Reason(Box::new(part.into())));
        self
    }

    /// Returns the reason without what its text does not name, and with short printable values: what a reason from an untrusted process
    /// may have.
    #[must_use]
    pub fn sanitized(self) -> Self {
        let names: Vec<String> = names(self.code.text()).map(str::to_lowercase).collect();
        let values = self.values.into_iter().filter(|(name, _)| names.contains(name));
        let values = values.filter_map(|(name, value)| match value {
            ReasonValue::Text(text) => Some((name, ReasonValue::Text(printable(&text)))),
            ReasonValue::Reason(_) => None,
        });
        Self { code: self.code, values: values.collect() }
    }

    /// Whether every value that the text needs is there.
    pub fn is_complete(&self) -> bool {
        let mut needed = pieces(self.code.text()).filter(|piece| !piece.is_optional);
        needed.all(|piece| names(piece.text).all(|name| self.values.contains_key(&name.to_lowercase())))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in pieces(self.code.text()) {
            let has_all = || names(piece.text).all(|name| self.values.contains_key(&name.to_lowercase()));
            if !piece.is_optional || has_all() {
                self.write_piece(f, piece.text)?;
            }
        }
        Ok(())
    }
}

impl Reason {
    fn write_piece(&self, f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            f.write_str(before)?;
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = match self.values.get(&name.to_lowercase()) {
                Some(ReasonValue::Text(text)) => text.clone(),
                Some(ReasonValue::Reason(reason)) => reason.to_string(),
                None => "?".to_owned(),
            };
            if name.starts_with(char::is_uppercase) {
                f.write_str(&capitalised(&value))?;
            } else {
                f.write_str(&value)?;
            }
            rest = after;
        }
        f.write_str(rest)
    }
}

/// A stretch of a text.
struct Piece<'a> {
    text: &'a str,
    is_optional: bool,
}

/// Splits a text at its square brackets.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    text.split('[').enumerate().flat_map(|(index, part)| {
        let (optional, fixed) =
            if index == 0 { ("", part) } else { part.split_once(']').unwrap_or((part, "")) };
        [Piece { text: optional, is_optional: true }, Piece { text: fixed, is_optional: false }]
    })
}

/// Returns the names of the values in a text.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn printable(text: &str) -> String {
    let mut kept: String = text.chars().filter(|letter| !letter.is_control()).collect();
    kept.truncate(kept.floor_char_boundary(MAX_VALUE_BYTES));
    kept
}

#[cfg(test)]
mod tests {
    use super::{Reason, ReasonCode, names, pieces};

    #[test]
    fn a_reason_is_a_sentence_with_its_values() {
        let reason = ReasonCode::VideoTooShort.with("ms", 80);
        assert_eq!(
            reason.to_string(),
            "The video lasts only 80 ms; a film must last at least half a second. Upload the whole film."
        );
        let json = serde_json::to_value(&reason).unwrap();
        assert_eq!(json, serde_json::json!({ "code": "video_too_short", "values": { "ms": "80" } }));
        assert_eq!(serde_json::from_value::<Reason>(json).unwrap(), reason);
    }

    #[test]
    fn optional_parts_need_their_values() {
        let crash = ReasonCode::DecoderCrashed.with("signal", 11);
        assert_eq!(crash.to_string(), "the decoder crashed (signal 11)");
        let crash = crash.with("at", "00:12:31").with_some("ffmpeg", None::<&str>);
        assert_eq!(crash.to_string(), "the decoder crashed (signal 11) at 00:12:31");
        assert!(crash.is_complete() && !Reason::from(ReasonCode::DecoderCrashed).is_complete());
    }

    #[test]
    fn a_reason_contains_its_cause_also_as_json() {
        let reason = ReasonCode::JobFailedTimes
            .with_reason("work", ReasonCode::WorkAudio.with("number", 2))
            .with("times", 3)
            .with_reason("cause", "no space");
        assert_eq!(reason.to_string(), "Encoding audio track 2 failed 3 times, the last time: no space");
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason);
    }

    #[test]
    fn a_reason_of_an_untrusted_process_keeps_only_the_values_of_its_text() {
        let long = "\u{1b}[31mກ".repeat(500);
        let reason = ReasonCode::VideoCodec
            .with("codec", long)
            .with("more", "x")
            .with_reason("cause", ReasonCode::AudioOnly)
            .sanitized();
        assert_eq!(reason.values.len(), 1);
        let text = reason.to_string();
        assert!(text.contains("[31mກ[31m") && !text.contains('\u{1b}') && text.len() < 600, "{text}");
    }

    #[test]
    fn every_text_can_be_read() {
        for code in ReasonCode::ALL {
            let text = code.text();
            assert_eq!(text.matches('{').count(), names(text).count(), "{text}");
            assert_eq!(text.matches('[').count(), text.matches(']').count(), "{text}");
            let optional = pieces(text).filter(|piece| piece.is_optional && !piece.text.is_empty());
            assert!(optional.into_iter().all(|piece| names(piece.text).count() > 0), "{text}");
        }
    }
}
