//! Films as viewers see them.

mod card;
mod list;
mod page;

pub(crate) use card::{Film, NO_FILM};
pub(crate) use list::list_films;
pub(crate) use page::{CreditRole, FilmPage, Labelled, get_film};

// What `routes!` needs beside a handler.
pub(crate) use list::__path_list_films;
pub(crate) use page::__path_get_film;
