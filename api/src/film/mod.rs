//! Films: endpoints for viewers.

mod card;
mod facets;
mod list;
mod page;
mod track;

pub(crate) use card::{Film, NO_FILM, members_only};
pub(crate) use facets::list_film_facets;
pub(crate) use list::list_films;
pub(crate) use page::{CreditRole, FilmPage, Labelled, get_film};
pub(crate) use track::{Track, TrackRole};

// `routes!` needs these in addition to the handlers.
pub(crate) use facets::__path_list_film_facets;
pub(crate) use list::__path_list_films;
pub(crate) use page::__path_get_film;
