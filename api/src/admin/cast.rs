//! Endpoints for editors: people in credits.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{
    Audience, SortedCursor,
    person::{NewPerson, PersonChange},
};
use domain::lao::index;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{film_body::is_slug, id::CatalogueId};
use crate::{
    app::App,
    auth::identity::Editor,
    cast::NO_PERSON,
    http::{
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, Versioned, WithBody, WithId, WithQuery},
    },
    page::Page,
    text_by_language::TextByLanguage,
    titles::Titles,
};

/// A person as editors see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminPerson {
    /// Id of the person.
    pub(crate) id: Uuid,
    /// Readable part of the person's URL.
    pub(crate) slug: String,
    /// Names by language.
    pub(crate) names: Titles,
    /// A few sentences about the person, by language.
    pub(crate) biographies: TextByLanguage,
    /// Version number, sent as `ETag`; increases with every change. `If-Match` must contain it.
    pub(crate) version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminPersonPage {
    /// The people, in list order.
    pub(crate) items: Vec<AdminPerson>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A new person.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePerson {
    /// Names by language, at least one.
    #[garde(dive)]
    names: Titles,
    /// Slug; derived from the names if omitted.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// A few sentences about the person, by language.
    #[garde(dive)]
    biographies: Option<TextByLanguage>,
}

/// Fields to change; omitted fields keep their values.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePerson {
    /// Names by language; replaces all names.
    #[garde(dive)]
    names: Option<Titles>,
    /// New slug; the old one redirects to it.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// A few sentences about the person, by language; replaces all biographies.
    #[garde(dive)]
    biographies: Option<TextByLanguage>,
}

/// The target of a merge.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergePerson {
    /// Id of the person to merge into, who is kept.
    into: Uuid,
}

/// Query parameters of the list of people for editors.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdminPersonQuery {
    /// Only people with a name in which a word or a Lao syllable begins like this text, in Lao or any other script
    #[param(max_length = 200, example = "anuson")]
    #[garde(inner(length(chars, max = 200)))]
    text: Option<String>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists all people by name.
#[utoipa::path(get, path = "/admin/cast", tag = "admin", security(("bearer" = [])), params(AdminPersonQuery), responses(
    (status = 200, description = "A page of people", body = AdminPersonPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_admin_cast(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<AdminPersonQuery>,
) -> Result<Json<AdminPersonPage>, ApiError> {
    let page = Page::<SortedCursor>::new(query.cursor.as_deref(), query.limit)?;
    let text = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let items = match text.map(index::query) {
        None => db::person::list(&app.db, Audience::Editor, page.after.as_ref(), page.rows()).await?,
        Some(Some(query)) => {
            db::person::list_named(&app.db, &query, page.after.as_ref(), page.rows()).await?
        }
        // A text without letters and digits.
        Some(None) => Vec::new(),
    };
    let (items, next_cursor) = page.cut(items, db::person::Person::cursor);
    Ok(Json(AdminPersonPage { items: items.into_iter().map(AdminPerson::from).collect(), next_cursor }))
}

/// Returns a person.
#[utoipa::path(get, path = "/admin/cast/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The person")), responses(
    (status = 200, description = "The person", body = AdminPerson, headers(("ETag" = String, description = "Version of the person"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_person(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<AdminPerson, ApiError> {
    Ok(db::person::find(&app.db, id.0).await?.ok_or(NO_PERSON)?.into())
}

/// Creates a person.
#[utoipa::path(post, path = "/admin/cast", tag = "admin", security(("bearer" = [])), request_body = CreatePerson, responses(
    (status = 201, description = "The person was created", body = AdminPerson, headers(("ETag" = String, description = "Version of the person"), ("Location" = String, description = "URL of the person"))),
    (status = 409, description = "Another person has or had the slug", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody,
))]
pub(crate) async fn create_person(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidJson(new): ValidJson<CreatePerson>,
) -> Result<Response, ApiError> {
    let new = NewPerson {
        id: app.new_id(),
        slug: new.slug.and_then(|slug| slug.parse().ok()),
        names: new.names.canonical(),
        biographies: new.biographies.unwrap_or_default().canonical(),
    };
    let created = db::person::create(&app.db, &user.author(), new).await?;
    info!(person.id = %created.id, user.id = %user.account.id, "Created a person");
    let location = (header::LOCATION, format!("/api/admin/cast/{}", created.id));
    Ok((StatusCode::CREATED, [location], AdminPerson::from(created)).into_response())
}

/// Updates a person.
///
/// `If-Match` must contain the current version.
#[utoipa::path(patch, path = "/admin/cast/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdatePerson,
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The person was updated", body = AdminPerson, headers(("ETag" = String, description = "New version of the person"))),
    (status = 409, description = "Another person has or had the slug", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn update_person(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(change): ValidJson<UpdatePerson>,
) -> Result<AdminPerson, ApiError> {
    let change = PersonChange {
        slug: change.slug.and_then(|slug| slug.parse().ok()),
        names: change.names.map(Titles::canonical),
        biographies: change.biographies.map(TextByLanguage::canonical),
    };
    let updated = db::person::update(&app.db, &user.author(), id.0, change, version).await?;
    let Some(updated) = updated else { return Err(stale_or_missing(&app, id).await?) };
    info!(person.id = %id, user.id = %user.account.id, "Updated a person");
    Ok(updated.into())
}

/// Deletes a person who is in no film's credits.
#[utoipa::path(delete, path = "/admin/cast/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version to delete; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "The person was deleted"),
    (status = 409, description = "Films credit the person; merge the person into another one instead", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, Versioned,
))]
pub(crate) async fn delete_person(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, ApiError> {
    if !db::person::delete(&app.db, &user.author(), id.0, version).await? {
        return Err(stale_or_missing(&app, id).await?);
    }
    info!(person.id = %id, user.id = %user.account.id, "Deleted a person");
    Ok(StatusCode::NO_CONTENT)
}

/// Merges a person into another one and deletes the first.
///
/// The other person receives the credits, and the names and biographies in languages that they lack. The URLs of the deleted person
/// redirect to them.
#[utoipa::path(post, path = "/admin/cast/{id}/merge", tag = "admin", security(("bearer" = [])), request_body = MergePerson,
    params(
        ("id" = Uuid, Path, description = "The person to delete"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the person to delete; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The people were merged; the person that was kept", body = AdminPerson, headers(("ETag" = String, description = "New version of the person"))),
    (status = 409, description = "`into` does not exist or is the same person, or films with either of them are being edited", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn merge_person(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(merge): ValidJson<MergePerson>,
) -> Result<AdminPerson, ApiError> {
    let merged = db::person::merge(&app.db, &user.author(), id.0, merge.into, version).await?;
    let Some(merged) = merged else { return Err(stale_or_missing(&app, id).await?) };
    info!(person.id = %id, person.into = %merged.id, user.id = %user.account.id, "Merged a person");
    Ok(merged.into())
}

async fn stale_or_missing(app: &App, id: CatalogueId) -> Result<ApiError, ApiError> {
    let exists = db::person::find(&app.db, id.0).await?.is_some();
    Ok(if exists { ApiError::StaleVersion } else { NO_PERSON })
}

impl From<db::person::Person> for AdminPerson {
    fn from(row: db::person::Person) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            names: Titles(row.names),
            biographies: TextByLanguage(row.biographies),
            version: row.version,
            created_at: row.created_at,
        }
    }
}

impl IntoResponse for AdminPerson {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}
