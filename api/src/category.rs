//! Categories as viewers see them: categories, each with its films.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use db::{
    SortedCursor,
    slug::{self, Address, Kind},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Viewer,
    film::{Film, Labelled},
    http::{
        cache::cache,
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        redirect::moved,
        responses::{SignedIn, WithId, WithQuery},
    },
    page::{Page, PageQuery},
    prose::Prose,
    titles::Titles,
};

/// Films of each category in a list of categories that does not say how many it wants.
const DEFAULT_FILMS: u32 = 12;

/// A category and the first films in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Category {
    /// Which category.
    #[serde(flatten)]
    pub(crate) category: Labelled,
    /// What is on it, by language.
    pub(crate) descriptions: Prose,
    /// Films in the curator's order.
    pub(crate) films: Vec<Film>,
}

/// One page of categories.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CategoryPage {
    /// The categories, in their order.
    pub(crate) items: Vec<Category>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A category and one page of its films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CategoryFilms {
    /// The category.
    #[serde(flatten)]
    pub(crate) category: Category,
    /// Where the next page of films begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Which categories are wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CategoryQuery {
    /// Most films of each category, 0 to 50; 12 if not given
    #[param(maximum = 50)]
    #[garde(range(max = 50))]
    films: Option<u32>,
    /// `next_cursor` of the page before; none for the first page
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// What is said of a category that is not there, or hidden.
pub(crate) const NO_CATEGORY: ApiError = ApiError::NotFound("There is no such category.");

/// Lists the categories in their order, each with its first films.
#[utoipa::path(get, path = "/categories", tag = "films", security((), ("bearer" = [])), params(CategoryQuery), responses(
    (status = 200, description = "A page of categories", body = CategoryPage),
    SignedIn, WithQuery,
))]
pub(crate) async fn list_categories(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    ValidQuery(query): ValidQuery<CategoryQuery>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    let page = Page::<SortedCursor>::new(query.cursor.as_deref(), query.limit)?;
    let categories = db::category::list(&app.db, true, page.after.as_ref(), page.rows()).await?;
    let (categories, next_cursor) = page.cut(categories, db::category::Category::cursor);
    let ids: Vec<Uuid> = categories.iter().map(|category| category.id).collect();
    let limit = query.films.unwrap_or(DEFAULT_FILMS);
    let places = db::category::first_films(&app.db, audience, &ids, limit).await?;
    let film_ids: Vec<Uuid> = places.iter().map(|place| place.film_id).collect();
    // As many as there are places: a film in two categories is in it twice.
    let films = db::film::list_by_ids(&app.db, &film_ids).await?;
    let films: HashMap<Uuid, db::film::Card> = films.into_iter().map(|film| (film.id.0, film)).collect();
    let mut in_category: HashMap<Uuid, Vec<Film>> = HashMap::new();
    for place in places {
        if let Some(film) = films.get(&place.film_id) {
            in_category.entry(place.category_id).or_default().push(film.clone().into());
        }
    }
    let items = categories
        .into_iter()
        .map(|category| {
            let films = in_category.remove(&category.id).unwrap_or_default();
            Category::new(category, films)
        })
        .collect();
    Ok((cache(audience), Json(CategoryPage { items, next_cursor })).into_response())
}

/// One category, by its id or slug, with a page of its films in the curator's order.
#[utoipa::path(get, path = "/categories/{id_or_slug}", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The category's id or slug"), PageQuery), responses(
    (status = 200, description = "The category", body = CategoryFilms),
    (status = 308, description = "A former slug", headers(("Location" = String, description = "The category's present address"))),
    SignedIn, WithId, WithQuery,
))]
pub(crate) async fn get_category(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    PathId(address): PathId<Address>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    let page: Page<SortedCursor> = query.page()?;
    let id = slug::locate(&app.db, Kind::Category, &address).await?.ok_or(NO_CATEGORY)?;
    let category = db::category::find(&app.db, id).await?.filter(|category| category.shown).ok_or(NO_CATEGORY)?;
    if address.is_former(&category.slug) {
        return Ok(moved(audience, "categories", &category.slug));
    }
    let places = db::category::films(&app.db, audience, id, page.after.as_ref(), page.rows()).await?;
    let (places, next_cursor) = page.cut(places, db::category::Place::cursor);
    let ids: Vec<Uuid> = places.iter().map(|place| place.film_id).collect();
    let films = db::film::list_by_ids(&app.db, &ids).await?;
    let category = Category::new(category, films.into_iter().map(Film::from).collect());
    Ok((cache(audience), Json(CategoryFilms { category, next_cursor })).into_response())
}

impl Category {
    fn new(category: db::category::Category, films: Vec<Film>) -> Self {
        Self {
            category: Labelled { id: category.id, slug: category.slug, names: Titles(category.names) },
            descriptions: Prose(category.descriptions),
            films,
        }
    }
}
