//! Converts serde's errors about a request into problems with its fields.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::{error::ApiError, problem::FieldProblem};

/// End of serde's message if a value for an enum is neither a string nor an object.
const EXPECTED_ENUM: &str = "expected string or map";

/// Deserializes a whole JSON body.
pub(super) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let malformed =
        |error: &serde_json::Error| ApiError::MalformedBody(format!("The body is not JSON: {error}."));
    let error = match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(value) => return deserializer.end().map(|()| value).map_err(|error| malformed(&error)),
        Err(error) => error,
    };
    // serde_json reports a number in place of an enum as a syntax error.
    let problem = if error.inner().is_data() {
        Some(field_problem(&error.path().to_string(), &error.inner().to_string()))
    } else {
        serde_json::from_slice(bytes).ok().and_then(|body| problem_of::<T>(body))
    };
    Err(problem.map_or_else(|| malformed(error.inner()), |problem| ApiError::Invalid(vec![problem])))
}

/// Returns the problem with a body that is valid JSON; `None` if it has no problem.
fn problem_of<T: DeserializeOwned>(mut body: Value) -> Option<FieldProblem> {
    let error = serde_path_to_error::deserialize::<_, T>(&body).err()?;
    let path = error.path().to_string();
    let mut message = error.inner().to_string();
    if message.ends_with(EXPECTED_ENUM)
        && let Some(place) = place(&mut body, error.path())
    {
        // serde lists the allowed values only if the value is a string that is not one of them.
        *place = Value::String(String::new());
        if let Err(error) = serde_path_to_error::deserialize::<_, T>(&body) {
            message = error.inner().to_string();
        }
    }
    Some(field_problem(&path, &message))
}

fn place<'a>(body: &'a mut Value, path: &Path) -> Option<&'a mut Value> {
    path.iter().try_fold(body, |value, segment| match segment {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(index),
        Segment::Enum { .. } | Segment::Unknown => None,
    })
}

/// Returns a text with the allowed values of serde's message "unknown variant `x`, expected one of `a`, `b`" or of one about booleans.
fn allowed_values(message: &str) -> Option<String> {
    if message.ends_with("was not `true` or `false`") {
        return Some("must be true or false".to_owned());
    }
    // Split at the last match, because the sent value comes before it and may contain any text.
    let (_, expected) = message
        .strip_prefix("unknown variant `")?
        .rsplit_once(", expected ")
        .filter(|(_, names)| names.contains('`'))?;
    let names: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    Some(format!("must be one of: {}", names.join(", ")))
}

/// Converts the errors of a validation, one per field.
pub(crate) fn report_problems(report: garde::Report) -> Vec<FieldProblem> {
    report
        .into_inner()
        .into_iter()
        .map(|(path, error)| FieldProblem { field: path.to_string(), detail: error.message().to_owned() })
        .collect()
}

/// Converts an error of serde, which has the path of the wrong object but names an unknown or missing field only in its message.
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
        Some(("duplicate", _)) if named.is_some() => "must not appear twice",
        _ => &allowed_values(message).unwrap_or_else(|| message.to_owned()),
    };
    FieldProblem { field, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_is_named_by_its_whole_path() {
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
                "sort",
                "unknown variant `x`, expected `z`, expected one of `newest`, `oldest`, `year`",
                "sort",
                "must be one of: newest, oldest, year",
            ),
            (
                "kind",
                "unknown variant ``, expected `a` or `b` at line 1 column 2",
                "kind",
                "must be one of: a, b",
            ),
            ("dry_run", "provided string was not `true` or `false`", "dry_run", "must be true or false"),
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

    #[test]
    fn a_wrong_enum_value_of_any_type_gets_a_list_of_allowed_values() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Colour {
            DeepRed,
            Blue,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Body {
            #[expect(dead_code, reason = "only read")]
            colours: Vec<Colour>,
        }
        for wrong in ["\"red\"", "\"\"", "5", "null", "true", "[]", "\"x`, expected one of `y`\""] {
            let body = format!("{{\"colours\": [\"blue\", {wrong}]}}");
            let Err(ApiError::Invalid(problems)) = from_json::<Body>(body.as_bytes()) else {
                panic!("{body}")
            };
            assert_eq!(problems[0].field, "colours[1]", "{body}");
            assert_eq!(problems[0].detail, "must be one of: deep_red, blue", "{body}");
        }
        from_json::<Body>(b"{\"colours\": [\"deep_red\", \"blue\"]}").unwrap();
        for malformed in ["{\"colours\": [5", "{\"colours\": [x]}", "", "{\"colours\": []}}"] {
            let refused = from_json::<Body>(malformed.as_bytes());
            assert!(matches!(refused, Err(ApiError::MalformedBody(_))), "{malformed}: {refused:?}");
        }
    }
}
