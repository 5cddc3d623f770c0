//! People in credits as editors keep them.

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
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
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
    page::{Page, PageQuery},
    prose::Prose,
    titles::Titles,
};

/// A person with what editors need to change it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminPerson {
    /// Its id.
    pub(crate) id: Uuid,
    /// The readable part of its address.
    pub(crate) slug: String,
    /// Its names.
    pub(crate) names: Titles,
    /// A few sentences about them, by language.
    pub(crate) biographies: Prose,
    /// Grows with every change; the `ETag`, and what `If-Match` must name.
    pub(crate) version: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminPersonPage {
    /// The people, in their order.
    pub(crate) items: Vec<AdminPerson>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A person to be added.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePerson {
    /// At least one.
    #[garde(dive)]
    names: Titles,
    /// Its address; made of the names if not given.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// A few sentences about them, by language; replaces all.
    #[garde(dive)]
    biographies: Option<Prose>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePerson {
    /// Replaces all names.
    #[garde(dive)]
    names: Option<Titles>,
    /// Another address; the old one redirects.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// A few sentences about them, by language; replaces all.
    #[garde(dive)]
    biographies: Option<Prose>,
}

/// What a person is merged into.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergePerson {
    /// Id of the person that stays.
    into: Uuid,
}

/// Lists all people.
#[utoipa::path(get, path = "/admin/cast", tag = "admin", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of people", body = AdminPersonPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_admin_cast(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<AdminPersonPage>, ApiError> {
    let page: Page<SortedCursor> = query.page()?;
    let items = db::person::list(&app.db, Audience::Editor, page.after.as_ref(), page.rows()).await?;
    let (items, next_cursor) = page.cut(items, db::person::Person::cursor);
    Ok(Json(AdminPersonPage { items: items.into_iter().map(AdminPerson::from).collect(), next_cursor }))
}

/// One person.
#[utoipa::path(get, path = "/admin/cast/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The person")), responses(
    (status = 200, description = "The person", body = AdminPerson, headers(("ETag" = String, description = "Its version"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_person(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<AdminPerson, ApiError> {
    Ok(db::person::find(&app.db, id.0).await?.ok_or(NO_PERSON)?.into())
}

/// Adds a person.
#[utoipa::path(post, path = "/admin/cast", tag = "admin", security(("bearer" = [])), request_body = CreatePerson, responses(
    (status = 201, description = "Added", body = AdminPerson, headers(("ETag" = String, description = "Its version"), ("Location" = String, description = "Its address"))),
    (status = 409, description = "The slug is another's", body = Problem, content_type = "application/problem+json"),
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
    let made = db::person::create(&app.db, &user.author(), new).await?;
    info!(person.id = %made.id, user.id = %user.account.id, "Added a person");
    let location = (header::LOCATION, format!("/api/admin/cast/{}", made.id));
    Ok((StatusCode::CREATED, [location], AdminPerson::from(made)).into_response())
}

/// Changes a person, if nobody else has since it was read.
#[utoipa::path(patch, path = "/admin/cast/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdatePerson,
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "The ETag the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Changed", body = AdminPerson, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "The slug is another's", body = Problem, content_type = "application/problem+json"),
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
        biographies: change.biographies.map(Prose::canonical),
    };
    let changed = db::person::update(&app.db, &user.author(), id.0, change, version).await?;
    let Some(changed) = changed else { return Err(stale_or_missing(&app, id).await?) };
    info!(person.id = %id, user.id = %user.account.id, "Changed a person");
    Ok(changed.into())
}

/// Deletes a person whom no film names.
#[utoipa::path(delete, path = "/admin/cast/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "The ETag the deletion is based on; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "Deleted"),
    (status = 409, description = "Films have it; merge it into another instead", body = Problem, content_type = "application/problem+json"),
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

/// Makes one person of two: films go over to the other, names in languages that it lacks too, and this one's addresses lead to it.
#[utoipa::path(post, path = "/admin/cast/{id}/merge", tag = "admin", security(("bearer" = [])), request_body = MergePerson,
    params(
        ("id" = Uuid, Path, description = "The person that goes"),
        ("If-Match" = Option<String>, Header, description = "The ETag the merge is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Merged; the one that stays", body = AdminPerson, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "There is nothing to merge it into", body = Problem, content_type = "application/problem+json"),
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
            biographies: Prose(row.biographies),
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
