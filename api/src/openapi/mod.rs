//! The OpenAPI document of the whole API, from which clients generate their types.

mod example;

use std::sync::Arc;

use utoipa::{
    Modify, OpenApi, PartialSchema,
    openapi::{
        Content, Ref, RefOr, Response, Schema,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    admin::{file, upload},
    app::App,
    http::problem::{PROBLEM_JSON, Problem},
    stream::refusal::RefusalMembers,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Nang", description = "Films: catalogue, playback and administration.", license(name = "GPL-3.0-or-later", identifier = "GPL-3.0-or-later")),
    tags(
        (name = "auth", description = "Registration, logging in and out, and the caller's account and sessions"),
        (name = "films", description = "The public catalogue, and playback of its films"),
        (name = "viewer", description = "The caller's watch history, watchlist and recommendations"),
        (name = "admin", description = "Administration, for editors and admins"),
        (name = "uploads", description = "Uploads of masters with the tus 1.0 protocol"),
        (name = "health", description = "Health checks for load balancers and supervisors"),
    ),
    components(schemas(Problem)),
    nest((path = "/api", api = Uploads)),
    modifiers(&Security),
)]
pub(crate) struct Document;

#[derive(OpenApi)]
#[openapi(paths(
    file::list_uploads,
    upload::describe_uploads,
    upload::create_upload,
    upload::get_upload,
    upload::append_upload,
    upload::delete_upload
))]
struct Uploads;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("metrics", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("nang_refresh"));
        components.add_security_scheme("refresh_cookie", SecurityScheme::ApiKey(cookie));
    }
}

/// Returns the OpenAPI document of these routes, which are relative to `/api`, as indented JSON with a final line break.
pub(crate) fn describe(routes: OpenApiRouter<Arc<App>>) -> String {
    let (_, mut document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api", routes).split_for_parts();
    add_members(&mut document);
    let unexpected = unexpected();
    let examples = example::Examples::of(&document);
    for (path, item) in &mut document.paths.paths {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.options,
            &mut item.head,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), unexpected.clone().into());
            examples.add_to(path, operation);
        }
    }
    document.to_pretty_json().expect("the document serializes") + "\n"
}

/// Adds to `Problem` the members that only some kinds of problems have.
fn add_members(document: &mut utoipa::openapi::OpenApi) {
    let schemas = document.components.as_mut().and_then(|components| components.schemas.get_mut("Problem"));
    let (Some(RefOr::T(Schema::Object(problem))), RefOr::T(Schema::Object(members))) =
        (schemas, RefusalMembers::schema())
    else {
        unreachable!("both schemas are objects")
    };
    problem.properties.extend(members.properties);
}

/// Returns the response with which any route may report a failure of the server.
fn unexpected() -> Response {
    let content = Content::builder().schema(Some(Ref::from_schema_name("Problem"))).build();
    Response::builder()
        .description("The server failed (500); or a service that it needs does not respond, or concurrent requests changed the same data, so try again (503)")
        .content(PROBLEM_JSON, content)
        .build()
}
