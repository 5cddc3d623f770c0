//! Categories, each with its films: endpoints for viewers.

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
        cache::cache_headers,
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        redirect::redirect_to_slug,
        responses::{Authenticated, WithId, WithQuery},
    },
    page::{Page, PageQuery},
    text_by_language::TextByLanguage,
    titles::Titles,
};

/// Default number of films per category in the list of categories.
const DEFAULT_FILMS: u32 = 12;

/// A category and some of its films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Category {
    /// Id, slug and names.
    #[serde(flatten)]
    pub(crate) labelled: Labelled,
    /// Descriptions by BCP 47 language tag; may be empty.
    pub(crate) descriptions: TextByLanguage,
    /// Films in the curator's order.
    pub(crate) films: Vec<Film>,
}

/// A page of the list of categories.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CategoryPage {
    /// The categories in their configured order.
    pub(crate) items: Vec<Category>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A category and a page of its films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CategoryFilms {
    /// The category.
    #[serde(flatten)]
    pub(crate) category: Category,
    /// Cursor of the next page of films; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of the list of categories.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CategoryQuery {
    /// Maximum number of films per category, 0 to 50; default 12
    #[param(maximum = 50)]
    #[garde(range(max = 50))]
    films: Option<u32>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// The category does not exist or is hidden.
pub(crate) const NO_CATEGORY: ApiError = ApiError::NotFound("There is no such category.");

/// Lists the visible categories in their configured order, each with its first films.
#[utoipa::path(get, path = "/categories", tag = "films", security((), ("bearer" = [])), params(CategoryQuery), responses(
    (status = 200, description = "A page of the list", body = CategoryPage),
    Authenticated, WithQuery,
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
    // A film in two categories is in `film_ids` twice.
    let films = db::film::list_by_ids(&app.db, &film_ids, viewer.user_id()).await?;
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
    Ok((cache_headers(audience), Json(CategoryPage { items, next_cursor })).into_response())
}

/// Returns a category by id or slug, with a page of its films in the curator's order.
#[utoipa::path(get, path = "/categories/{id_or_slug}", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The category's id or slug"), PageQuery), responses(
    (status = 200, description = "The category and a page of its films", body = CategoryFilms),
    (status = 308, description = "The slug is a former one", headers(("Location" = String, description = "Path with the present slug"))),
    Authenticated, WithId, WithQuery,
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
    let category =
        db::category::find(&app.db, id).await?.filter(|category| category.shown).ok_or(NO_CATEGORY)?;
    if address.is_former(&category.slug) {
        return Ok(redirect_to_slug(audience, "categories", &category.slug));
    }
    let places = db::category::films(&app.db, audience, id, page.after.as_ref(), page.rows()).await?;
    let (places, next_cursor) = page.cut(places, db::category::Place::cursor);
    let ids: Vec<Uuid> = places.iter().map(|place| place.film_id).collect();
    let films = db::film::list_by_ids(&app.db, &ids, viewer.user_id()).await?;
    let category = Category::new(category, films.into_iter().map(Film::from).collect());
    Ok((cache_headers(audience), Json(CategoryFilms { category, next_cursor })).into_response())
}

impl Category {
    fn new(category: db::category::Category, films: Vec<Film>) -> Self {
        Self {
            labelled: Labelled { id: category.id, slug: category.slug, names: Titles(category.names) },
            descriptions: TextByLanguage(category.descriptions),
            films,
        }
    }
}
