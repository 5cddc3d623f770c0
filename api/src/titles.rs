//! Titles of films and names of people, genres and categories: one text per language, at least one.

use std::collections::BTreeMap;

use domain::catalogue::rule::{self, MAX_LANGUAGES, MAX_TITLE_CHARS, canonical_tag};
use garde::{Path, Report, Validate};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{AdditionalProperties, Object, ObjectBuilder, Schema, Type},
    },
};

/// Titles by BCP 47 language tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Titles(pub(crate) BTreeMap<String, String>);

impl Titles {
    /// Returns the titles in the form in which they are stored: tags in canonical case (`pt-BR`), titles without surrounding white
    /// space. The titles must be valid.
    pub(crate) fn canonical(self) -> BTreeMap<String, String> {
        canonical(self.0)
    }
}

/// Returns texts in the form in which they are stored: tags in canonical case (`pt-BR`), texts without surrounding white space.
pub(crate) fn canonical(texts: BTreeMap<String, String>) -> BTreeMap<String, String> {
    texts.into_iter().filter_map(|(tag, text)| Some((canonical_tag(&tag)?, text.trim().to_owned()))).collect()
}

/// Reports keys that are not language tags, and keys that denote the same language.
pub(crate) fn validate_tags(
    texts: &BTreeMap<String, String>,
    parent: &mut dyn FnMut() -> Path,
    report: &mut Report,
) {
    let mut tags = BTreeMap::new();
    for tag in texts.keys() {
        let error = match canonical_tag(tag) {
            None => Some("is not a BCP 47 language tag such as lo or en".to_owned()),
            Some(canonical) => {
                tags.insert(canonical, tag).map(|other| format!("is the same language as {other}"))
            }
        };
        if let Some(error) = error {
            report.append(parent().join(tag), garde::Error::new(error));
        }
    }
}

impl Validate for Titles {
    type Context = ();

    fn validate_into(&self, (): &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        let mut add = |path: Path, detail: String| report.append(path, garde::Error::new(detail));
        if self.0.is_empty() || self.0.len() > MAX_LANGUAGES {
            add(parent(), format!("must have 1 to {MAX_LANGUAGES} languages"));
        }
        validate_tags(&self.0, parent, report);
        let mut add = |path: Path, detail: String| report.append(path, garde::Error::new(detail));
        for (tag, title) in &self.0 {
            if let Err(detail) = rule::title(title) {
                add(parent().join(tag), detail);
            }
        }
    }
}

impl ToSchema for Titles {}

impl PartialSchema for Titles {
    fn schema() -> RefOr<Schema> {
        let title = Object::builder()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_TITLE_CHARS))
            .build();
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Titles by BCP 47 language tag (`lo`, `en`, `pt-BR`), at least one."))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::Object(title)))))
            .min_properties(Some(1))
            .max_properties(Some(MAX_LANGUAGES))
            .examples([serde_json::json!({ "lo": "ກະຕ່າຍໃຫຍ່", "en": "Big Buck Bunny" })])
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(pairs: &[(&str, &str)]) -> Titles {
        Titles(pairs.iter().map(|(tag, title)| ((*tag).to_owned(), (*title).to_owned())).collect())
    }

    #[test]
    fn invalid_titles_are_reported_by_field() {
        let long = "ກ".repeat(201);
        for (pairs, field) in [
            (vec![], ""),
            (vec![("lo", "")], "lo"),
            (vec![("lo", " \u{a0} ")], "lo"),
            (vec![("lo", long.as_str())], "lo"),
            (vec![("en", "two\nlines")], "en"),
            (vec![("english please", "x")], "english please"),
            (vec![("", "x")], ""),
            (vec![("EN", "x"), ("en", "y")], "en"),
        ] {
            let report = titles(&pairs).validate().unwrap_err();
            assert_eq!(report.into_inner()[0].0.to_string(), field, "{pairs:?}");
        }
    }

    #[test]
    fn canonical_titles_differ_only_in_white_space_and_case_of_tags() {
        let longest = "ກ".repeat(200);
        let given = titles(&[("LO", " ສະບາຍດີ ຫຼວງພະບາງ "), ("pt-br", "Olá, Luang Prabang"), ("en", &longest)]);
        given.validate().unwrap();
        let kept = titles(&[("lo", "ສະບາຍດີ ຫຼວງພະບາງ"), ("pt-BR", "Olá, Luang Prabang"), ("en", &longest)]);
        assert_eq!(given.canonical(), kept.0);
    }
}
