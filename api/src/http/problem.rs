//! The body of every error response: RFC 9457 `application/problem+json`.
//!
//! All have the same form, so that a client can show all errors in the same way.

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

/// An error, described for people (`detail`) and for programs (`type`).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Kind of problem: `urn:nang:problem:<kind>`, or `about:blank` if `status` is sufficient. It is stable; the texts are not.
    #[serde(rename = "type")]
    #[schema(examples("urn:nang:problem:invalid"))]
    pub(crate) kind: String,
    /// Short name of the kind.
    #[schema(examples("Invalid request"))]
    pub(crate) title: String,
    /// HTTP status code of the response.
    #[schema(examples(422))]
    pub(crate) status: u16,
    /// What is wrong with this request, and what the client can do.
    #[schema(examples("A film needs a title in at least one language."))]
    pub(crate) detail: String,
    /// The wrong fields or query parameters. Absent if the problem is not about fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldProblem>,
    /// Extension members that only some kinds have (RFC 9457 §3.2).
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

/// A field of a request that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Path of the field in the request (`titles.lo`).
    #[schema(examples("titles.lo"))]
    pub(crate) field: String,
    /// What is wrong with the field; continues a sentence that starts with its name.
    #[schema(examples("must have 1 to 200 characters"))]
    pub(crate) detail: String,
}

impl Problem {
    /// Creates a problem without field errors. `kind` is the last part of the type's URN.
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

    /// Adds the wrong fields.
    pub(crate) fn with_errors(self, errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..self }
    }

    /// Adds the fields of `members` as extension members.
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
