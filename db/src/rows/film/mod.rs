//! Films: what the catalogue says of each, and the pipeline's summary.
//!
//! `status` is `Ready` exactly while `build_id` names a build that can be played; a newer master being encoded, or
//! failing, does not take a film away from viewers. The film's row is the lock for all that happens to its builds and jobs.

mod card;
mod edit;
mod filmography;
mod keep;
mod list;
mod many;
mod page;
mod step;

pub use card::{Card, list_by_ids};
pub(crate) use edit::lock_whole;
pub use edit::{FilmChange, NewCredit, NewFilm, create, update};
pub use filmography::{Part, filmography};
pub(crate) use keep::{keep_genres, keep_people};
pub use list::{AdminFilter, Availability, FilmFilter, FilmSort, Listed, admin, list};
pub(crate) use many::{find_all, list_after, lock_all};
pub use page::{AudioTrack, Credit, FilmPage, Labelled, SubtitleTrack, page, pages};
pub(crate) use step::{
    delete_rows, has_purge_begun, is_deleted, lock, mark_deleted, mark_failed, mark_processing,
    mark_purge_begun, mark_purging, mark_ready, mark_restored,
};

use std::collections::BTreeMap;

use domain::id::{BuildId, FilmId};
use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result, rows::image::Image};

/// Texts by BCP 47 language.
pub type Texts = BTreeMap<String, String>;

text_enum! {
    /// Whether viewers may see a film that is ready.
    Visibility {
        /// Editors and admins only.
        Draft = "draft",
        /// Everybody, from `publish_at` on.
        Scheduled = "scheduled",
        /// Everybody.
        Public = "public",
        /// Whoever is logged in.
        Members = "members",
        /// Whoever knows its address.
        Unlisted = "unlisted",
    }
}

text_enum! {
    /// How far a film is.
    FilmStatus {
        /// No master yet.
        Empty = "empty",
        /// A master is being probed or encoded, and there is nothing to play yet.
        Processing = "processing",
        /// There is a build to play.
        Ready = "ready",
        /// There is nothing to play and nothing under way; `failure` says why.
        Failed = "failed",
    }
}

text_enum! {
    /// What somebody did for a film.
    CreditRole {
        /// Directed it.
        Director = "director",
        /// Wrote it.
        Writer = "writer",
        /// Produced it.
        Producer = "producer",
        /// Plays in it.
        Actor = "actor",
        /// Director of photography.
        Cinematographer = "cinematographer",
        /// Cut it.
        Editor = "editor",
        /// Wrote its music.
        Composer = "composer",
        /// Sound.
        Sound = "sound",
        /// Production design.
        ProductionDesign = "production_design",
        /// What `credited_as` says.
        Other = "other",
    }
}

/// A film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Film {
    /// Its id.
    pub id: FilmId,
    /// The readable part of its address.
    pub slug: String,
    /// BCP 47 language to title; never empty.
    pub titles: Texts,
    /// Title in its own language and script.
    pub original_title: Option<String>,
    /// BCP 47 language to synopsis.
    pub synopses: Texts,
    /// Of first release.
    pub year: Option<u16>,
    /// What its makers say; `duration_ms` is measured.
    pub runtime_ms: Option<u64>,
    /// ISO 3166-1 alpha-2, the main one first.
    pub countries: Vec<String>,
    /// BCP 47 languages spoken in it, the main one first.
    pub languages: Vec<String>,
    /// As the country's board writes it.
    pub age_rating: Option<String>,
    /// Festivals and awards, by language.
    pub festival_notes: Texts,
    /// When viewers may play it, from this moment …
    #[serde(with = "time::serde::rfc3339::option")]
    pub available_from: Option<OffsetDateTime>,
    /// … and before this one.
    #[serde(with = "time::serde::rfc3339::option")]
    pub available_until: Option<OffsetDateTime>,
    /// Where it may be shown, in the contract's words.
    pub region_note: Option<String>,
    /// Whether viewers may see it once it is ready.
    pub visibility: Visibility,
    /// When a scheduled film becomes public; `Some` exactly when `visibility` is `Scheduled`.
    #[serde(with = "time::serde::rfc3339::option")]
    pub publish_at: Option<OffsetDateTime>,
    /// Where its end credits begin.
    pub credits_ms: Option<u64>,
    /// Languages of the sound of the build viewers get.
    pub audio_languages: Vec<String>,
    /// Languages of its subtitles.
    pub subtitle_languages: Vec<String>,
    /// How far it is.
    pub status: FilmStatus,
    /// Why it failed; `Some` exactly when `status` is `Failed`.
    pub failure: Option<String>,
    /// Name of the profile its next master is planned with.
    pub profile: String,
    /// What viewers get; `Some` exactly when `status` is `Ready`.
    pub build_id: Option<BuildId>,
    /// Duration of that build.
    pub duration_ms: Option<u64>,
    /// Picture width of its best rung.
    pub width: Option<u32>,
    /// Picture height of its best rung.
    pub height: Option<u32>,
    /// When it was deleted; its masters wait to be confirmed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deleted_at: Option<OffsetDateTime>,
    /// The first of its posters.
    #[serde(skip)]
    pub poster: Option<Image>,
    /// Counts edits; for If-Match.
    pub version: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When anything of it last changed, by an admin or by the pipeline.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

impl Film {
    /// Where a list, newest first, goes on after this film.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// A row of `films`, by itself or as a part of a wider one.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    id: Uuid,
    slug: String,
    titles: Json<Texts>,
    original_title: Option<String>,
    synopses: Json<Texts>,
    year: Option<i16>,
    runtime_ms: Option<i64>,
    countries: Vec<String>,
    languages: Vec<String>,
    age_rating: Option<String>,
    festival_notes: Json<Texts>,
    available_from: Option<OffsetDateTime>,
    available_until: Option<OffsetDateTime>,
    region_note: Option<String>,
    visibility: Visibility,
    publish_at: Option<OffsetDateTime>,
    credits_ms: Option<i64>,
    audio_languages: Vec<String>,
    subtitle_languages: Vec<String>,
    status: FilmStatus,
    failure: Option<String>,
    profile: String,
    build_id: Option<Uuid>,
    duration_ms: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    deleted_at: Option<OffsetDateTime>,
    poster: Option<Json<Image>>,
    version: i64,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl From<Row> for Film {
    fn from(row: Row) -> Self {
        Self {
            id: FilmId(row.id),
            slug: row.slug,
            titles: row.titles.0,
            original_title: row.original_title,
            synopses: row.synopses.0,
            year: row.year.map(i16::cast_unsigned),
            runtime_ms: row.runtime_ms.map(i64::cast_unsigned),
            countries: row.countries,
            languages: row.languages,
            age_rating: row.age_rating,
            festival_notes: row.festival_notes.0,
            available_from: row.available_from,
            available_until: row.available_until,
            region_note: row.region_note,
            visibility: row.visibility,
            publish_at: row.publish_at,
            credits_ms: row.credits_ms.map(i64::cast_unsigned),
            audio_languages: row.audio_languages,
            subtitle_languages: row.subtitle_languages,
            status: row.status,
            failure: row.failure,
            profile: row.profile,
            build_id: row.build_id.map(BuildId),
            duration_ms: row.duration_ms.map(i64::cast_unsigned),
            width: row.width.map(i32::cast_unsigned),
            height: row.height.map(i32::cast_unsigned),
            deleted_at: row.deleted_at,
            poster: row.poster.map(|poster| poster.0),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A checked query for whole films: what follows `FROM films`, and its arguments.
macro_rules! select_films {
    ($tail:tt $($arguments:tt)*) => {
        sqlx::query_as!(
            crate::rows::film::Row,
            r#"SELECT films.id, films.slug, films.titles AS "titles: _", films.original_title, films.synopses AS "synopses: _",
                      films.year, films.runtime_ms, films.countries, films.languages, films.age_rating,
                      films.festival_notes AS "festival_notes: _", films.available_from, films.available_until,
                      films.region_note, films.visibility AS "visibility: _", films.publish_at, films.credits_ms,
                      films.audio_languages, films.subtitle_languages, films.status AS "status: _", films.failure,
                      films.profile, films.build_id, films.duration_ms, films.width, films.height, films.deleted_at,
                      films.poster AS "poster: _", films.version, films.created_at, films.updated_at
               FROM films "# + $tail $($arguments)*
        )
    };
}
pub(crate) use select_films;

/// The film, if there is one, deleted or not.
pub async fn find(db: &Db, id: FilmId) -> Result<Option<Film>> {
    let row = select_films!("WHERE films.id = $1", id.0).fetch_optional(&db.pools.all).await?;
    Ok(row.map(Film::from))
}
