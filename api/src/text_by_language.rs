//! Longer texts by language: synopses, biographies, descriptions, awards.

use std::collections::BTreeMap;

use domain::catalogue::rule::{self, MAX_LANGUAGES, MAX_PROSE_CHARS};
use garde::{Path, Report, Validate};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{AdditionalProperties, Object, ObjectBuilder, Schema, Type},
    },
};

use crate::titles::{canonical, validate_tags};

/// Texts by BCP 47 language tag; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TextByLanguage(pub(crate) BTreeMap<String, String>);

impl TextByLanguage {
    /// Returns the texts in the form in which they are stored; see [`crate::titles::Titles::canonical`].
    pub(crate) fn canonical(self) -> BTreeMap<String, String> {
        canonical(self.0)
    }
}

impl Validate for TextByLanguage {
    type Context = ();

    fn validate_into(&self, (): &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        if self.0.len() > MAX_LANGUAGES {
            report
                .append(parent(), garde::Error::new(format!("must have at most {MAX_LANGUAGES} languages")));
        }
        validate_tags(&self.0, parent, report);
        for (tag, text) in &self.0 {
            if let Err(detail) = rule::prose(text) {
                report.append(parent().join(tag), garde::Error::new(detail));
            }
        }
    }
}

impl ToSchema for TextByLanguage {}

impl PartialSchema for TextByLanguage {
    fn schema() -> RefOr<Schema> {
        let text = Object::builder()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_PROSE_CHARS))
            .build();
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Texts by BCP 47 language tag (`lo`, `en`, `pt-BR`)."))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::Object(text)))))
            .max_properties(Some(MAX_LANGUAGES))
            .examples([serde_json::json!({ "lo": "ເລື່ອງຫຍໍ້", "en": "A short story." })])
            .into()
    }
}
