//! People credited in films: endpoints for viewers.

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
        cache::cache_headers,
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        redirect::redirect_to_slug,
        responses::{Authenticated, WithId, WithQuery},
    },
    image::Image,
    page::PageQuery,
    text_by_language::TextByLanguage,
    titles::Titles,
};

/// Maximum number of entries of a filmography.
const MAX_FILMOGRAPHY: u32 = 500;

/// A page of a list of people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PersonList {
    /// The people, ordered by name.
    pub(crate) items: Vec<Labelled>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// One credit of a person in a film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmographyEntry {
    /// The film.
    pub(crate) film: Film,
    /// The person's role in making the film.
    pub(crate) role: CreditRole,
    /// By BCP 47 language tag: the character of an `actor`, or the job of an `other`. Empty if not known.
    pub(crate) credited_as: BTreeMap<String, String>,
}

/// A person and the films that credit them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PersonPage {
    /// The person.
    #[serde(flatten)]
    pub(crate) person: Labelled,
    /// Short biographies by BCP 47 language tag; may be empty.
    pub(crate) biographies: TextByLanguage,
    /// Portrait of the person; null if the person has none.
    #[schema(required)]
    pub(crate) portrait: Option<Image>,
    /// The person's credits in films that the caller may see listed, newest film first; at most 500.
    pub(crate) filmography: Vec<FilmographyEntry>,
}

/// The person does not exist, or no film that the caller may see listed credits them.
pub(crate) const NO_PERSON: ApiError = ApiError::NotFound("There is no such person.");

/// Lists the people credited in films that the caller may see listed, ordered by name.
#[utoipa::path(get, path = "/cast", tag = "films", security((), ("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of the list", body = PersonList),
    Authenticated, WithQuery,
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
    Ok((cache_headers(audience), Json(PersonList { items, next_cursor })).into_response())
}

/// Returns a person by id or slug, with their filmography.
///
/// A person whom no film credits that the caller may see listed is not found.
#[utoipa::path(get, path = "/cast/{id_or_slug}", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The person's id or slug")), responses(
    (status = 200, description = "The person and their filmography", body = PersonPage),
    (status = 308, description = "The slug is a former one", headers(("Location" = String, description = "Path with the present slug"))),
    Authenticated, WithId,
))]
pub(crate) async fn get_person(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    PathId(address): PathId<Address>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    let id = slug::locate(&app.db, Kind::Person, &address).await?.ok_or(NO_PERSON)?;
    let person = db::person::find(&app.db, id).await?.ok_or(NO_PERSON)?;
    let parts = db::film::filmography(&app.db, audience, viewer.user_id(), id, MAX_FILMOGRAPHY).await?;
    // Showing a person whom only drafts credit would reveal the drafts.
    if parts.is_empty() {
        return Err(NO_PERSON);
    }
    if address.is_former(&person.slug) {
        return Ok(redirect_to_slug(audience, "cast", &person.slug));
    }
    let page = PersonPage {
        biographies: TextByLanguage(person.biographies.clone()),
        portrait: person.portrait.clone().map(Image::from),
        filmography: parts
            .into_iter()
            .map(|part| FilmographyEntry {
                film: part.film.into(),
                role: part.role.into(),
                credited_as: part.credited_as,
            })
            .collect(),
        person: person.into(),
    };
    Ok((cache_headers(audience), Json(page)).into_response())
}

impl From<db::person::Person> for Labelled {
    fn from(person: db::person::Person) -> Self {
        Self { id: person.id, slug: person.slug, names: Titles(person.names) }
    }
}
