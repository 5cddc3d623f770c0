//! All public details of a film.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use db::{
    Audience,
    slug::{self, Address, Kind},
    user::Role,
};
use domain::{country::ViewerCountry, id::FilmId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    card::{Film, NO_FILM, members_only},
    list::AvailabilityState,
    track::Track,
};
use crate::{
    app::App,
    auth::{client::Client, identity::Viewer},
    http::{
        cache::cache_headers,
        error::ApiError,
        path::PathId,
        redirect::redirect_to_slug,
        responses::{Authenticated, WithId},
    },
    image::Image,
    text_by_language::TextByLanguage,
    titles::Titles,
};

/// Role of a person in making a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CreditRole {
    /// Director.
    Director,
    /// Writer.
    Writer,
    /// Producer.
    Producer,
    /// Actor.
    Actor,
    /// Director of photography.
    Cinematographer,
    /// Film editor.
    Editor,
    /// Composer of the music.
    Composer,
    /// Sound department.
    Sound,
    /// Production designer.
    ProductionDesign,
    /// Another role, described by `credited_as`.
    Other,
}

convert_enum!(db::film::CreditRole => CreditRole { Director, Writer, Producer, Actor, Cinematographer, Editor, Composer, Sound, ProductionDesign, Other });
convert_enum!(CreditRole => db::film::CreditRole { Director, Writer, Producer, Actor, Cinematographer, Editor, Composer, Sound, ProductionDesign, Other });

/// A genre, category or person: its id, slug and names.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Labelled {
    /// Id of the genre, category or person.
    pub(crate) id: Uuid,
    /// Readable name in its URL.
    pub(crate) slug: String,
    /// Names by BCP 47 language tag.
    pub(crate) names: Titles,
}

/// A credit: a person and their role in a film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Credit {
    /// The person.
    pub(crate) person: Labelled,
    /// Portrait of the person; null if the person has none.
    #[schema(required)]
    pub(crate) portrait: Option<Image>,
    /// The person's role in making the film.
    pub(crate) role: CreditRole,
    /// By BCP 47 language tag: the character of an `actor`, or the job of an `other`. Empty if not known.
    pub(crate) credited_as: BTreeMap<String, String>,
}

/// When and where a film may be played. Films outside this period are listed too.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Availability {
    /// Start of the period; null if it has none.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) from: Option<OffsetDateTime>,
    /// End of the period (exclusive); null if it has none.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) until: Option<OffsetDateTime>,
    /// Whether the present moment is before, in or after the period.
    pub(crate) state: AvailabilityState,
    /// Countries in which the film may be played, as ISO 3166-1 alpha-2 codes; empty for all.
    pub(crate) countries: Vec<String>,
    /// Whether the film may be played in the country of the caller; false too if the server does not know that country. Always true
    /// for editors and if the server does not learn countries (setting `country_header`).
    pub(crate) is_here: bool,
    /// Region in which the film may be shown, in the words of its contract; null if not known.
    #[schema(required)]
    pub(crate) region_note: Option<String>,
}

/// A film with all public details.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmPage {
    /// The fields that lists have too.
    #[serde(flatten)]
    pub(crate) film: Film,
    /// Synopses by BCP 47 language tag; may be empty.
    pub(crate) synopses: TextByLanguage,
    /// Countries of production as ISO 3166-1 alpha-2 codes, the main one first.
    pub(crate) countries: Vec<String>,
    /// BCP 47 tags of the spoken languages, the main one first.
    pub(crate) languages: Vec<String>,
    /// Festivals and awards, by BCP 47 language tag; may be empty.
    pub(crate) awards: TextByLanguage,
    /// Genres, the main one first.
    pub(crate) genres: Vec<Labelled>,
    /// Categories that contain the film.
    pub(crate) categories: Vec<Labelled>,
    /// Credits in the film's order.
    pub(crate) credits: Vec<Credit>,
    /// Posters, backdrops and stills; within a kind in the editor's order.
    pub(crate) images: Vec<Image>,
    /// Audio tracks in menu order.
    pub(crate) audio_tracks: Vec<Track>,
    /// Subtitle tracks in menu order.
    pub(crate) subtitle_tracks: Vec<Track>,
    /// When and where the film may be played.
    pub(crate) availability: Availability,
}

/// Returns a film by id or slug.
///
/// An unlisted film is in no list, but every caller who knows its id or slug may see it.
#[utoipa::path(get, path = "/films/{id_or_slug}", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The film's id or slug")), responses(
    (status = 200, description = "The film", body = FilmPage),
    (status = 308, description = "The slug is a former one", headers(("Location" = String, description = "Path with the present slug"))),
    Authenticated, WithId,
))]
pub(crate) async fn get_film(
    State(app): State<Arc<App>>,
    client: Client,
    viewer: Viewer,
    PathId(address): PathId<Address>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    if let Some(page) = db::film::page(&app.db, audience, &address).await? {
        let id = page.film.id;
        let country = country_of(&client, &viewer);
        let is_same_everywhere = country == ViewerCountry::NotLearned || page.film.available_in.is_empty();
        let mut page = FilmPage::new(page, app.now(), country);
        if let Some(user) = viewer.user_id() {
            page.film.in_watchlist = Some(db::watchlist::contains(&app.db, user, id).await?);
        }
        // A shared cache does not know the country.
        let cached_as = if is_same_everywhere { audience } else { audience.max(Audience::Member) };
        return Ok((cache_headers(cached_as), Json(page)).into_response());
    }
    let id = slug::locate(&app.db, Kind::Film, &address).await?.ok_or(NO_FILM)?;
    let Some(page) = db::film::page(&app.db, audience, &Address::Id(id)).await? else {
        let is_for_members =
            audience == Audience::Anonymous && db::film::is_for_members(&app.db, FilmId(id)).await?;
        return Err(if is_for_members { members_only() } else { NO_FILM });
    };
    Ok(redirect_to_slug(audience, "films", &page.film.slug))
}

/// Returns the country that decides whether the caller may play a film; editors may play films everywhere.
fn country_of(client: &Client, viewer: &Viewer) -> ViewerCountry {
    let is_editor = viewer.0.as_ref().is_some_and(|user| user.account.role >= Role::Editor);
    if is_editor { ViewerCountry::NotLearned } else { client.country }
}

impl FilmPage {
    pub(crate) fn new(page: db::film::FilmPage, now: OffsetDateTime, country: ViewerCountry) -> Self {
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
            synopses: TextByLanguage(film.synopses.clone()),
            countries: film.countries.clone(),
            languages: film.languages.clone(),
            awards: TextByLanguage(film.festival_notes.clone()),
            genres: page.genres.into_iter().map(Labelled::from).collect(),
            categories: page.categories.into_iter().map(Labelled::from).collect(),
            credits: page.credits.into_iter().map(Credit::from).collect(),
            images: page.images.into_iter().map(Image::from).collect(),
            audio_tracks: page.audio_tracks.into_iter().map(Track::from).collect(),
            subtitle_tracks: page.subtitle_tracks.into_iter().map(Track::from).collect(),
            availability: Availability {
                from,
                until,
                state,
                is_here: country.is_among(&film.available_in),
                countries: film.available_in.clone(),
                region_note: film.region_note.clone(),
            },
            film: db::film::Card::from(film).into(),
        }
    }
}

impl From<db::film::Labelled> for Labelled {
    fn from(row: db::film::Labelled) -> Self {
        Self { id: row.id, slug: row.slug, names: Titles(row.names) }
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
