//! The OpenAPI document: the committed one is current, and it documents every response of every test.

use std::{path::Path, sync::LazyLock};

use axum::http::{Method, header};
use serde_json::Value;

use crate::test_app::Answer;

pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&api::openapi_json()).unwrap());

/// Every route: method in lower case, path, operation.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter().filter(|(_, operation)| operation.is_object());
        operations.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

/// The operation that serves `path`, if any.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    operations()
        .find(|(name, template, _)| method.as_str().eq_ignore_ascii_case(name) && matches(template, path))
        .map(|(.., operation)| operation)
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(template, part)| template.starts_with('{') || template == part)
}

/// Checks what holds for every response: its headers, the shape of an error, and that the document has it.
#[track_caller]
pub fn expect_documented(method: &Method, path: &str, answer: &Answer) {
    let status = answer.status.as_u16();
    assert!(status != 500, "{method} {path}: {answer:?}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
    assert_ne!(answer.header("x-request-id"), "", "{method} {path}");
    assert_ne!(answer.header(header::CACHE_CONTROL), "", "{method} {path}");
    let content_type = answer.header(header::CONTENT_TYPE);
    let is_error = answer.status.is_client_error() || answer.status.is_server_error();
    if is_error && method != Method::HEAD {
        assert_eq!(content_type, "application/problem+json", "{method} {path}: {answer:?}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{method} {path}");
        for member in ["type", "title", "detail"] {
            assert!(
                problem[member].as_str().is_some_and(|text| !text.is_empty()),
                "{method} {path}: {problem}"
            );
        }
    }
    let Some(operation) = operation(method, path) else { return };
    let documented = &operation["responses"][status.to_string()];
    // Any route may answer 503; the document says so once, in the default response.
    assert!(
        status == 503 || documented.is_object(),
        "{method} {path} answers {status}, which is not documented: {answer:?}"
    );
    if let Some(content) = documented["content"].as_object()
        && method != Method::HEAD
    {
        assert!(content.contains_key(content_type), "{method} {path} answers {status} as {content_type:?}");
    }
    for name in documented["headers"].as_object().into_iter().flat_map(serde_json::Map::keys) {
        assert!(answer.headers.contains_key(name), "{method} {path} answers {status} without {name}");
    }
}

#[test]
fn the_committed_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/api-client/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == api::openapi_json(),
        "clients/api-client/openapi.json is stale. Regenerate it with:\n  \
         cargo run -p api --example openapi > clients/api-client/openapi.json"
    );
}

#[test]
fn every_parameter_and_every_body_has_an_example() {
    let mut without = Vec::new();
    for (method, path, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["example"].is_null() && parameter["examples"].is_null() {
                without.push(format!("{method} {path}: parameter {}", parameter["name"]));
            }
        }
        let answers = operation["responses"].as_object().unwrap().iter();
        let bodies = answers.filter(|(status, _)| status.starts_with('2'));
        for (name, body) in bodies.chain([(&"request".to_owned(), &operation["requestBody"])]) {
            let content = &body["content"]["application/json"];
            let whole = content["schema"]["$ref"].is_string();
            if content.is_object() && whole && has_gap(&content["schema"], &content["example"]) {
                without.push(format!("{method} {path}: {name} {}", content["example"]));
            }
        }
    }
    assert!(
        without.is_empty(),
        "no example, or an example without a required field:\n{}",
        without.join("\n")
    );
}

/// Whether the example is missing or lacks a required field.
fn has_gap(schema: &Value, example: &Value) -> bool {
    let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) else {
        return example.is_null();
    };
    let schema = &DOCUMENT["components"]["schemas"][name];
    let required = schema["required"].as_array().into_iter().flatten();
    example.is_null()
        || required.map(|field| field.as_str().unwrap()).any(|field| {
            example.get(field).is_none()
                || (example[field].is_object() && has_gap(&schema["properties"][field], &example[field]))
        })
}

#[test]
fn every_route_documents_its_purpose_and_its_responses() {
    for (method, path, operation) in operations() {
        assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        assert!(operation["responses"]["default"].is_object(), "{method} {path} has no default response");
        let guarded = path.starts_with("/api/admin/");
        for status in ["401", "403"] {
            assert!(!guarded || operation["responses"][status].is_object(), "{method} {path} lacks {status}");
        }
        let id = operation["operationId"].as_str().unwrap();
        assert_eq!(
            operations().filter(|(.., other)| other["operationId"] == id).count(),
            1,
            "{id} is not unique"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert_ne!(response["description"], "", "{method} {path} {status}");
            let error = status == "default" || status.starts_with('4') || status.starts_with('5');
            let problem = "#/components/schemas/Problem";
            assert_eq!(
                response["content"]["application/problem+json"]["schema"]["$ref"] == problem,
                error,
                "{method} {path} {status}"
            );
        }
    }
}
