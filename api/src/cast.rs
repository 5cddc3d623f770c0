//! People in films' credits, as viewers see them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use db::slug::{self, Address, Kind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::identity::Viewer,
    film::{CreditRole, Film, Labelled},
    http::{
        cache::cache,
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        redirect::moved,
        responses::{SignedIn, WithId, WithQuery},
    },
    image::Image,
    page::PageQuery,
    prose::Prose,
    titles::Titles,
};

/// Longest filmography that is told.
const MAX_PARTS: u32 = 500;

/// One page of people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PersonList {
    /// The people, by name.
    pub(crate) items: Vec<Labelled>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Somebody's part in a film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Part {
    /// The film.
    pub(crate) film: Film,
    /// What they did.
    pub(crate) role: CreditRole,
    /// The part an actor plays, or what an `other` did, by language.
    pub(crate) credited_as: BTreeMap<String, String>,
}

/// A person and their films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PersonPage {
    /// Who.
    #[serde(flatten)]
    pub(crate) person: Labelled,
    /// A few sentences about them, by language.
    pub(crate) biographies: Prose,
    /// Their portrait.
    #[schema(required)]
    pub(crate) portrait: Option<Image>,
    /// Their parts in films that the caller may see, newest film first.
    pub(crate) filmography: Vec<Part>,
}

/// What is said of somebody who is not there.
pub(crate) const NO_PERSON: ApiError = ApiError::NotFound("There is no such person.");

/// Lists those credited in films that the caller may see listed, by name.
#[utoipa::path(get, path = "/cast", tag = "films", security((), ("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of people", body = PersonList),
    SignedIn, WithQuery,
))]
pub(crate) async fn list_cast(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = query.page()?;
    let audience = viewer.audience();
    let people = db::person::list(&app.db, audience, page.after.as_ref(), page.rows()).await?;
    let (people, next_cursor) = page.cut(people, db::person::Person::cursor);
    let items = people.into_iter().map(Labelled::from).collect();
    Ok((cache(audience), Json(PersonList { items, next_cursor })).into_response())
}

/// One person, by their id or slug, with their films. Who is in no film that the caller may see listed is not there.
#[utoipa::path(get, path = "/cast/{id_or_slug}", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The person's id or slug")), responses(
    (status = 200, description = "The person", body = PersonPage),
    (status = 308, description = "A former slug", headers(("Location" = String, description = "The person's present address"))),
    SignedIn, WithId,
))]
pub(crate) async fn get_person(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    PathId(address): PathId<Address>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    let id = slug::locate(&app.db, Kind::Person, &address).await?.ok_or(NO_PERSON)?;
    let person = db::person::find(&app.db, id).await?.ok_or(NO_PERSON)?;
    let parts = db::film::filmography(&app.db, audience, id, MAX_PARTS).await?;
    // Somebody known by drafts alone would announce them.
    if parts.is_empty() {
        return Err(NO_PERSON);
    }
    if address.is_former(&person.slug) {
        return Ok(moved(audience, "cast", &person.slug));
    }
    let page = PersonPage {
        biographies: Prose(person.biographies.clone()),
        portrait: person.portrait.clone().map(Image::from),
        filmography: parts
            .into_iter()
            .map(|part| Part {
                film: part.film.into(),
                role: part.role.into(),
                credited_as: part.credited_as,
            })
            .collect(),
        person: person.into(),
    };
    Ok((cache(audience), Json(page)).into_response())
}

impl From<db::person::Person> for Labelled {
    fn from(person: db::person::Person) -> Self {
        Self { id: person.id, slug: person.slug, names: Titles(person.names) }
    }
}
