//! Why something failed, as a stable code.

use domain::reason::ReasonCode;
use serde::Serialize;
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        extensions::Extensions,
        schema::{AdditionalProperties, AnyOf, Object, ObjectBuilder, Schema, Type},
    },
};

/// A stable code with its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct FailureReason(domain::reason::Reason);

impl From<domain::reason::Reason> for FailureReason {
    fn from(reason: domain::reason::Reason) -> Self {
        Self(reason)
    }
}

impl ToSchema for FailureReason {}

impl PartialSchema for FailureReason {
    fn schema() -> RefOr<Schema> {
        let texts: Vec<&str> = ReasonCode::ALL.iter().map(|code| code.text()).collect();
        let code = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "What it is. Stable; later versions add codes. `x-enum-descriptions` has the English text of each: `{name}` is a value, \
                 `{Name}` the same with a capital first letter, and a part in square brackets is left out if one of its values is missing.",
            ))
            .enum_values(Some(ReasonCode::ALL.iter().map(|code| json!(code))))
            .extensions(Some(Extensions::builder().add("x-enum-descriptions", texts).build()));
        let value = AnyOf::builder()
            .item(Object::with_type(Type::String))
            .item(Ref::from_schema_name("FailureReason"))
            .build();
        let values = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("The values in its text by name: texts, and other reasons such as a cause."))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::AnyOf(value)))));
        ObjectBuilder::new()
            .description(Some("Why something failed, as a stable code with its values, so that clients can say it in their language."))
            .property("code", code)
            .property("values", values)
            .required("code")
            .required("values")
            .examples([json!({ "code": "video_too_short", "values": { "ms": "80" } })])
            .into()
    }
}
