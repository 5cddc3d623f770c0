//! A film's page: everything that viewers are told of it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use db::slug::{self, Address, Kind};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    card::{Film, NO_FILM},
    list::AvailabilityState,
};
use crate::{
    app::App,
    auth::identity::Viewer,
    http::{
        cache::cache,
        error::ApiError,
        path::PathId,
        redirect::moved,
        responses::{SignedIn, WithId},
    },
    image::Image,
    prose::Prose,
    titles::Titles,
};

/// What somebody did for a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CreditRole {
    /// Directed it.
    Director,
    /// Wrote it.
    Writer,
    /// Produced it.
    Producer,
    /// Plays in it.
    Actor,
    /// Director of photography.
    Cinematographer,
    /// Cut it.
    Editor,
    /// Wrote its music.
    Composer,
    /// Sound.
    Sound,
    /// Production design.
    ProductionDesign,
    /// What `credited_as` says.
    Other,
}

same_words!(db::film::CreditRole => CreditRole { Director, Writer, Producer, Actor, Cinematographer, Editor, Composer, Sound, ProductionDesign, Other });
same_words!(CreditRole => db::film::CreditRole { Director, Writer, Producer, Actor, Cinematographer, Editor, Composer, Sound, ProductionDesign, Other });

/// Something with a page of its own: a genre, a category, a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Labelled {
    /// Its id.
    pub(crate) id: Uuid,
    /// The readable part of its address.
    pub(crate) slug: String,
    /// Its names.
    pub(crate) names: Titles,
}

/// Somebody's part in a film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Credit {
    /// Who.
    pub(crate) person: Labelled,
    /// Their portrait.
    #[schema(required)]
    pub(crate) portrait: Option<Image>,
    /// What they did.
    pub(crate) role: CreditRole,
    /// The part an actor plays, or what an `other` did, by language.
    pub(crate) credited_as: BTreeMap<String, String>,
}

/// Sound that the film has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AudioTrack {
    /// BCP 47 language, if the master says.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// For menus.
    #[schema(required)]
    pub(crate) label: Option<String>,
}

/// Subtitles that the film has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SubtitleTrack {
    /// BCP 47 language.
    pub(crate) language: String,
    /// For menus.
    pub(crate) label: String,
    /// `subtitles`, `captions` or `forced`.
    pub(crate) kind: String,
}

/// When and where a film may be played. Seeing it here says nothing of that.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Availability {
    /// From this moment; null is since ever.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) from: Option<OffsetDateTime>,
    /// Before this moment; null is for ever.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) until: Option<OffsetDateTime>,
    /// Where this moment is in that time.
    pub(crate) state: AvailabilityState,
    /// Where it may be shown, in the contract's words.
    #[schema(required)]
    pub(crate) region_note: Option<String>,
}

/// A film with everything that viewers are told of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmPage {
    /// What lists show.
    #[serde(flatten)]
    pub(crate) film: Film,
    /// What it is about, by language.
    pub(crate) synopses: Prose,
    /// ISO 3166-1 alpha-2, the main one first.
    pub(crate) countries: Vec<String>,
    /// BCP 47 languages spoken in it, the main one first.
    pub(crate) languages: Vec<String>,
    /// Festivals and awards, by language.
    pub(crate) awards: Prose,
    /// The main one first.
    pub(crate) genres: Vec<Labelled>,
    /// Categories it is in.
    pub(crate) categories: Vec<Labelled>,
    /// Who made it, in the credits' order.
    pub(crate) credits: Vec<Credit>,
    /// Posters, backdrops and stills, each kind in its order.
    pub(crate) images: Vec<Image>,
    /// Sound, the default first.
    pub(crate) audio_tracks: Vec<AudioTrack>,
    /// Subtitles.
    pub(crate) subtitle_tracks: Vec<SubtitleTrack>,
    /// When and where it may be played.
    pub(crate) availability: Availability,
}

/// One film, by its id or slug. An unlisted film is seen by whoever knows its address.
#[utoipa::path(get, path = "/films/{id_or_slug}", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The film's id or slug")), responses(
    (status = 200, description = "The film", body = FilmPage),
    (status = 308, description = "A former slug", headers(("Location" = String, description = "The film's present address"))),
    SignedIn, WithId,
))]
pub(crate) async fn get_film(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    PathId(address): PathId<Address>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    if let Some(page) = db::film::page(&app.db, audience, &address).await? {
        let page = FilmPage::new(page, app.now());
        return Ok((cache(audience), Json(page)).into_response());
    }
    let Address::Slug(_) = &address else { return Err(NO_FILM) };
    let id = slug::locate(&app.db, Kind::Film, &address).await?.ok_or(NO_FILM)?;
    let page = db::film::page(&app.db, audience, &Address::Id(id)).await?.ok_or(NO_FILM)?;
    Ok(moved(audience, "films", &page.film.slug))
}

impl FilmPage {
    pub(crate) fn new(page: db::film::FilmPage, now: OffsetDateTime) -> Self {
        let film = page.film;
        let (from, until) = (film.available_from, film.available_until);
        let state = if from.is_some_and(|from| now < from) {
            AvailabilityState::Soon
        } else if until.is_some_and(|until| until <= now) {
            AvailabilityState::Over
        } else {
            AvailabilityState::Now
        };
        Self {
            synopses: Prose(film.synopses.clone()),
            countries: film.countries.clone(),
            languages: film.languages.clone(),
            awards: Prose(film.festival_notes.clone()),
            genres: page.genres.into_iter().map(Labelled::from).collect(),
            categories: page.categories.into_iter().map(Labelled::from).collect(),
            credits: page.credits.into_iter().map(Credit::from).collect(),
            images: page.images.into_iter().map(Image::from).collect(),
            audio_tracks: page
                .audio_tracks
                .into_iter()
                .map(|track| AudioTrack { language: track.language, label: track.label })
                .collect(),
            subtitle_tracks: page
                .subtitle_tracks
                .into_iter()
                .map(|track| SubtitleTrack { language: track.language, label: track.label, kind: track.kind })
                .collect(),
            availability: Availability { from, until, state, region_note: film.region_note.clone() },
            film: db::film::Card::from(film).into(),
        }
    }
}

impl From<db::film::Labelled> for Labelled {
    fn from(thing: db::film::Labelled) -> Self {
        Self { id: thing.id, slug: thing.slug, names: Titles(thing.names) }
    }
}

impl From<db::film::Credit> for Credit {
    fn from(credit: db::film::Credit) -> Self {
        Self {
            person: credit.person.into(),
            portrait: credit.portrait.map(Image::from),
            role: credit.role.into(),
            credited_as: credit.credited_as,
        }
    }
}
