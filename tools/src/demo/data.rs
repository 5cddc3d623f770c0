//! Reads the demo catalogue from `tools/demo/`.

use std::collections::BTreeMap;

use anyhow::Context;
use db::film::{CreditRole, Texts, Visibility};
use serde::Deserialize;

use super::art::{Palette, Scene};

/// The whole catalogue.
pub(super) struct Catalogue {
    pub(super) genres: Vec<Genre>,
    pub(super) people: Vec<Person>,
    pub(super) films: Vec<Film>,
    pub(super) categories: Vec<Category>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Genre {
    pub(super) slug: String,
    pub(super) names: Texts,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) slug: String,
    pub(super) names: Texts,
    #[serde(default)]
    pub(super) biographies: Texts,
    #[serde(default)]
    pub(super) long_hair: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Film {
    pub(super) slug: String,
    /// The lines of the Lao title on the poster.
    pub(super) title: Vec<String>,
    pub(super) titles: Texts,
    pub(super) year: u16,
    pub(super) runtime_minutes: u64,
    pub(super) countries: Vec<String>,
    pub(super) languages: Vec<String>,
    pub(super) age_rating: String,
    /// Length of its clip; from a minute on the clip has audio and end credits.
    #[serde(default = "short")]
    pub(super) clip_seconds: u32,
    /// Slugs, the main one first.
    pub(super) genres: Vec<String>,
    pub(super) scene: Scene,
    pub(super) palette: Palette,
    #[serde(default = "public")]
    pub(super) visibility: Visibility,
    pub(super) publish_in_days: Option<i64>,
    #[serde(default)]
    pub(super) available_in_days: Window,
    pub(super) region_note: Option<String>,
    #[serde(default)]
    pub(super) awards: Texts,
    pub(super) synopses: Texts,
    /// Roles and people's slugs.
    pub(super) crew: Vec<BTreeMap<CreditRole, String>>,
    #[serde(default)]
    pub(super) cast: Vec<Part>,
}

fn short() -> u32 {
    8
}

fn public() -> Visibility {
    Visibility::Public
}

/// When the film may be played, in days after it is added.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Slug.
    pub(super) person: String,
    pub(super) part: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    pub(super) slug: String,
    pub(super) names: Texts,
    pub(super) descriptions: Texts,
    /// Slugs, in the curator's order.
    pub(super) films: Vec<String>,
}

impl Film {
    /// Returns the slug of the director.
    pub(super) fn director(&self) -> Option<&str> {
        self.crew.iter().find_map(|credit| credit.get(&CreditRole::Director)).map(String::as_str)
    }
}

impl Catalogue {
    /// Parses the catalogue that is part of this program.
    pub(super) fn shipped() -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Genres {
            genre: Vec<Genre>,
        }
        #[derive(Deserialize)]
        struct People {
            person: Vec<Person>,
        }
        #[derive(Deserialize)]
        struct Films {
            film: Vec<Film>,
        }
        #[derive(Deserialize)]
        struct Categories {
            category: Vec<Category>,
        }
        let genres: Genres = toml::from_str(include_str!("../../demo/genres.toml")).context("genres.toml")?;
        let people: People = toml::from_str(include_str!("../../demo/people.toml")).context("people.toml")?;
        let films: Films = toml::from_str(include_str!("../../demo/films.toml")).context("films.toml")?;
        let categories: Categories =
            toml::from_str(include_str!("../../demo/categories.toml")).context("categories.toml")?;
        Ok(Self {
            genres: genres.genre,
            people: people.person,
            films: films.film,
            categories: categories.category,
        })
    }
}
