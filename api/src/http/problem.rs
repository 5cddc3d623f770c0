//! The body of every answer that is not a success: RFC 9457 `application/problem+json`.
//!
//! One shape for all of them, so that a client has one place that shows errors.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The media type of a problem (RFC 9457 §6.1).
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for people (`detail`) and for programs (`type`).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Kind of problem, `urn:nang:problem:<kind>`, or `about:blank` where `status` says it; stable, unlike the texts.
    #[serde(rename = "type")]
    #[schema(examples("urn:nang:problem:invalid"))]
    pub(crate) kind: String,
    /// The kind in words.
    #[schema(examples("Invalid request"))]
    pub(crate) title: String,
    /// HTTP status code of the answer.
    #[schema(examples(422))]
    pub(crate) status: u16,
    /// What to do about this one.
    #[schema(examples("A film needs a title in at least one language."))]
    pub(crate) detail: String,
    /// The fields at fault, if the request's content is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldProblem>,
    /// What only some kinds say (RFC 9457 §3.2).
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

/// One field of a request that cannot be accepted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Path of the field in the request (`titles.lo`).
    #[schema(examples("titles.lo"))]
    pub(crate) field: String,
    /// What is wrong with it.
    #[schema(examples("must have 1 to 200 characters"))]
    pub(crate) detail: String,
}

impl Problem {
    /// A problem without named fields. `kind` is the last part of the type's URN.
    pub(crate) fn new(status: StatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:nang:problem:{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
        }
    }

    /// With the fields at fault.
    pub(crate) fn with_errors(self, errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..self }
    }

    /// With the fields of `members` as members of its own.
    pub(crate) fn with_members(mut self, members: impl Serialize) -> Self {
        if let Ok(Value::Object(members)) = serde_json::to_value(members) {
            self.members = members;
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("a problem is plain strings and numbers");
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        (status, [content_type], Body::from(body)).into_response()
    }
}
