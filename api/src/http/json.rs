//! JSON bodies: bounded, of the right type, without unknown fields, and valid before a handler sees them; and large ones on their way
//! out.

use axum::{
    body::HttpBody,
    extract::{FromRef, FromRequest, OptionalFromRequest, Request},
    http::header,
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    body::{Patience, read_body},
    error::ApiError,
    problem::FieldProblem,
};

/// Largest JSON body. The largest real one is a film with some synopses and hundreds of credits.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;

/// A body that was read, understood and validated.
pub(crate) struct ValidJson<T>(pub(crate) T);

impl<S, T> FromRequest<S> for ValidJson<T>
where
    S: Send + Sync,
    Patience: FromRef<S>,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        // Also a guard against other sites: a browser sends this type across origins only after asking first.
        if !is_json(&request) {
            return Err(ApiError::NotOfType("application/json"));
        }
        let Patience { idle, json, .. } = Patience::from_ref(state);
        let bytes = read_body(request.into_body(), MAX_BODY_BYTES, idle, json).await?;
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            if inner.is_data() {
                ApiError::Invalid(vec![field_problem(&path, &inner.to_string())])
            } else {
                ApiError::MalformedBody(format!("The body is not JSON: {inner}."))
            }
        })?;
        deserializer
            .end()
            .map_err(|error| ApiError::MalformedBody(format!("The body is not JSON: {error}.")))?;
        value.validate().map_err(|report| ApiError::Invalid(report_problems(report)))?;
        Ok(Self(value))
    }
}

/// An empty body without a `Content-Type` extracts as `None`.
impl<S, T> OptionalFromRequest<S> for ValidJson<T>
where
    S: Send + Sync,
    Patience: FromRef<S>,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        let is_empty = request.body().is_end_stream();
        if is_empty && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// An answer that is large for certain. axum's `Json` begins with 128 bytes and copies what it has whenever it doubles them.
pub(crate) struct LargeJson<T> {
    /// About how many bytes it takes.
    pub(crate) room: usize,
    pub(crate) value: T,
}

impl<T: Serialize> IntoResponse for LargeJson<T> {
    fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(self.room);
        match serde_json::to_writer(&mut body, &self.value) {
            Ok(()) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

fn is_json(request: &Request) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// What validation found, field by field.
pub(crate) fn report_problems(report: garde::Report) -> Vec<FieldProblem> {
    report
        .into_inner()
        .into_iter()
        .map(|(path, error)| FieldProblem { field: path.to_string(), detail: error.message().to_owned() })
        .collect()
}

/// What serde found: it gives the path of the object at fault, and names an unknown or missing field in the text alone.
pub(crate) fn field_problem(path: &str, message: &str) -> FieldProblem {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let parent = if path == "." { "" } else { path };
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split_once('`'))
        .map(|(name, _)| name);
    let field = match (parent, named) {
        (parent, None) => parent.to_owned(),
        ("", Some(name)) => name.to_owned(),
        // The path of an unknown field may already end in its name.
        (parent, Some(name)) if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        (parent, Some(name)) => format!("{parent}.{name}"),
    };
    let detail = match message.split_once(' ') {
        Some(("unknown", _)) if named.is_some() => "is not a known field",
        Some(("missing", _)) if named.is_some() => "is missing",
        Some(("duplicate", _)) if named.is_some() => "is given twice",
        _ => message,
    };
    FieldProblem { field, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::field_problem;

    #[test]
    fn a_field_at_fault_is_named_by_its_whole_path() {
        for (path, message, field, detail) in [
            (".", "missing field `email` at line 1 column 2", "email", "is missing"),
            (
                "extra",
                "unknown field `extra`, expected `email` at line 1 column 9",
                "extra",
                "is not a known field",
            ),
            ("a.extra", "unknown field `extra`, expected `b`", "a.extra", "is not a known field"),
            (
                "titles.lo",
                "invalid type: integer `1`, expected a string at line 1 column 3",
                "titles.lo",
                "invalid type: integer `1`, expected a string",
            ),
        ] {
            let problem = field_problem(path, message);
            assert_eq!((problem.field.as_str(), problem.detail.as_str()), (field, detail), "{message}");
        }
    }
}
