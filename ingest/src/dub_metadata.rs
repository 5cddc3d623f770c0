//! The part of `Upload-Metadata` that describes a dub: which track it is for, and what the editor wants of a new one.

use std::collections::HashMap;

use db::workflow::DubTrack;
use domain::id::TrackId;
use domain::language::Language;
use domain::presentation::{Role, TrackSettings};
use uuid::Uuid;

use crate::error::IngestError;

/// Keys that only dubs have.
pub(crate) const KEYS: [&str; 6] = ["track_id", "language", "label", "default", "role", "shift_ms"];

/// Maximum length of a name for menus, in characters.
const LABEL_CHARACTERS: usize = 100;
/// Maximum shift: a day.
const MAX_SHIFT_MS: i64 = 86_400_000;

/// The track that a dub is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DubTarget {
    /// A new track.
    New(TrackSettings),
    /// A dub of the film, which gets another file.
    Replaced { track: TrackId, shift_ms: i64 },
}

impl DubTarget {
    /// Returns the track, with a new id if it is new.
    pub(crate) fn into_track(self) -> DubTrack {
        match self {
            Self::New(settings) => DubTrack::New(TrackId(Uuid::now_v7()), settings),
            Self::Replaced { track, shift_ms } => DubTrack::Replaced { id: track, shift_ms },
        }
    }
}

/// Parses the values of a dub; `None` if the upload is a master.
pub(crate) fn parse(values: &HashMap<&str, String>) -> Result<Option<DubTarget>, IngestError> {
    let wrong = |problem| Err(IngestError::Metadata(problem));
    match values.get("purpose").map(String::as_str) {
        Some("dub") => {}
        None | Some("master") if KEYS.iter().any(|key| values.contains_key(key)) => {
            return wrong(
                "it has track_id, language, label, default, role or shift_ms, which only a dub has; add the purpose dub",
            );
        }
        None | Some("master") => return Ok(None),
        Some(_) => return wrong("its purpose is neither master nor dub"),
    }
    let shift_ms = match values.get("shift_ms") {
        Some(text) => text.parse().ok().filter(|shift: &i64| (-MAX_SHIFT_MS..=MAX_SHIFT_MS).contains(shift)),
        None => Some(0),
    };
    let Some(shift_ms) = shift_ms else {
        return wrong("its shift_ms is not a whole number of milliseconds within a day");
    };
    if let Some(track) = values.get("track_id") {
        if ["language", "label", "default", "role"].iter().any(|key| values.contains_key(key)) {
            return wrong(
                "it has track_id with language, label, default or role; a dub that gets another file keeps these, and its track can be changed",
            );
        }
        let Ok(track) = track.parse() else { return wrong("its track_id is not an id") };
        return Ok(Some(DubTarget::Replaced { track, shift_ms }));
    }
    let Some(language) = values.get("language") else {
        return wrong(
            "a dub needs a language, such as lo or en, or the track_id of a dub that gets another file",
        );
    };
    let Some(language) = Language::normalize(language) else {
        return wrong("its language is not a BCP 47 language tag, such as lo or en");
    };
    let label = values.get("label").map(|label| label.trim());
    if label.is_some_and(|label| {
        label.is_empty() || label.chars().count() > LABEL_CHARACTERS || label.chars().any(char::is_control)
    }) {
        return wrong("its label is not one line of 1 to 100 characters");
    }
    let default = match values.get("default").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return wrong("its default is neither true nor false"),
    };
    let role = match values.get("role").map(String::as_str) {
        None | Some("main") => Role::Main,
        Some("audio_description") => Role::AudioDescription,
        Some("commentary") => Role::Commentary,
        Some(_) => return wrong("its role is not main, audio_description or commentary"),
    };
    Ok(Some(DubTarget::New(TrackSettings {
        language: Some(language.tag().to_owned()),
        label: label.map(str::to_owned),
        default,
        role,
        shift_ms,
        ..TrackSettings::default()
    })))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use domain::presentation::{Role, TrackSettings};

    use super::{DubTarget, parse};

    const TRACK: &str = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";

    fn parsed(pairs: &[(&'static str, &str)]) -> Result<Option<DubTarget>, String> {
        let values: HashMap<&str, String> =
            pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        parse(&values).map_err(|error| error.to_string())
    }

    #[test]
    fn a_dub_is_for_a_new_track_or_for_one_that_gets_another_file() {
        assert_eq!(parsed(&[]), Ok(None));
        assert_eq!(parsed(&[("purpose", "master")]), Ok(None));
        let new = TrackSettings { language: Some("lo".to_owned()), ..TrackSettings::default() };
        assert_eq!(parsed(&[("purpose", "dub"), ("language", "lao")]), Ok(Some(DubTarget::New(new.clone()))));
        let all = [
            ("purpose", "dub"),
            ("language", "lo"),
            ("label", " ພາກລາວ "),
            ("default", "true"),
            ("role", "commentary"),
            ("shift_ms", "-1500"),
        ];
        let described = TrackSettings {
            label: Some("ພາກລາວ".to_owned()),
            default: true,
            role: Role::Commentary,
            shift_ms: -1500,
            ..new
        };
        assert_eq!(parsed(&all), Ok(Some(DubTarget::New(described))));
        let replaced = DubTarget::Replaced { track: TRACK.parse().unwrap(), shift_ms: 40 };
        assert_eq!(
            parsed(&[("purpose", "dub"), ("track_id", TRACK), ("shift_ms", "40")]),
            Ok(Some(replaced))
        );
    }

    #[test]
    fn every_wrong_value_is_refused_with_its_name() {
        let long = "ກ".repeat(101);
        for (pairs, says) in [
            (&[("purpose", "subtitle")][..], "neither master nor dub"),
            (&[("language", "lo")], "add the purpose dub"),
            (&[("purpose", "master"), ("shift_ms", "1")], "add the purpose dub"),
            (&[("purpose", "dub")], "needs a language"),
            (&[("purpose", "dub"), ("language", "und")], "not a BCP 47"),
            (&[("purpose", "dub"), ("language", "lo"), ("label", " ")], "label"),
            (&[("purpose", "dub"), ("language", "lo"), ("label", &long)], "label"),
            (&[("purpose", "dub"), ("language", "lo"), ("label", "a\nb")], "label"),
            (&[("purpose", "dub"), ("language", "lo"), ("default", "yes")], "default"),
            (&[("purpose", "dub"), ("language", "lo"), ("role", "hard_of_hearing")], "role"),
            (&[("purpose", "dub"), ("language", "lo"), ("shift_ms", "1.5")], "shift_ms"),
            (&[("purpose", "dub"), ("language", "lo"), ("shift_ms", "86400001")], "shift_ms"),
            (&[("purpose", "dub"), ("track_id", "7")], "track_id is not an id"),
            (&[("purpose", "dub"), ("track_id", TRACK), ("language", "lo")], "keeps these"),
        ] {
            let error = parsed(pairs).unwrap_err();
            assert!(error.contains(says), "{pairs:?}: {error}");
        }
    }
}
