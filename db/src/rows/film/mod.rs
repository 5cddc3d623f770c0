//! Films: their catalogue data, and a summary of their processing.
//!
//! `status` is `Ready` exactly while `presentation_id` names a playable presentation. While a newer master is being encoded, or if that fails,
//! viewers keep the film. The film's row is the lock for all changes of its builds and jobs.

mod card;
mod edit;
mod facets;
mod filmography;
mod list;
mod many;
mod page;
mod protect;
mod step;

pub use card::{Card, list_by_ids};
pub(crate) use edit::lock_whole;
pub use edit::{FilmChange, NewCredit, NewFilm, create, update};
pub use facets::{Facets, facets};
pub use filmography::{Part, filmography};
pub use list::{AdminFilter, Availability, FilmFilter, FilmSort, Listed, admin, list};
pub(crate) use many::{find_all, list_after, lock_all};
pub use page::{Credit, FilmPage, Labelled, is_for_members, page, pages};
pub(crate) use protect::{protect_genres, protect_people};
pub(crate) use step::{
    delete_rows, has_purge_begun, is_deleted, lock, mark_damaged, mark_deleted, mark_discarded, mark_failed,
    mark_processing, mark_purge_begun, mark_purging, mark_ready, mark_restored,
};

use std::collections::BTreeMap;

use domain::{
    id::{BuildId, FilmId, PresentationId},
    reason::Reason,
};
use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result, rows::image::Image, stored_reason::from_json};

/// Texts by BCP 47 language.
pub type Texts = BTreeMap<String, String>;

text_enum! {
    /// Whether viewers may see a film that is ready.
    Visibility {
        /// Editors and admins only.
        Draft = "draft",
        /// All viewers, from `publish_at` on.
        Scheduled = "scheduled",
        /// All viewers.
        Public = "public",
        /// Viewers who are logged in.
        Members = "members",
        /// All viewers who know its URL; no list contains it.
        Unlisted = "unlisted",
    }
}

text_enum! {
    /// The processing status of a film.
    FilmStatus {
        /// The film has no master yet.
        Empty = "empty",
        /// A master is being probed or encoded, and the film has no playable presentation yet.
        Processing = "processing",
        /// The film has a playable presentation.
        Ready = "ready",
        /// The film has no playable presentation and no unfinished job; `failure` says why.
        Failed = "failed",
        /// The film has no playable presentation, and a damaged build waits for an editor's decision.
        Damaged = "damaged",
    }
}

text_enum! {
    /// A person's role in a film.
    CreditRole {
        /// Director.
        Director = "director",
        /// Writer.
        Writer = "writer",
        /// Producer.
        Producer = "producer",
        /// Actor.
        Actor = "actor",
        /// Director of photography.
        Cinematographer = "cinematographer",
        /// Film editor.
        Editor = "editor",
        /// Composer.
        Composer = "composer",
        /// Sound department.
        Sound = "sound",
        /// Production designer.
        ProductionDesign = "production_design",
        /// Another task, which `credited_as` names.
        Other = "other",
    }
}

/// A film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Film {
    /// Its id.
    pub id: FilmId,
    /// The readable part of its URL.
    pub slug: String,
    /// Title by BCP 47 language; never empty.
    pub titles: Texts,
    /// Title in the film's own language and script.
    pub original_title: Option<String>,
    /// Synopsis by BCP 47 language.
    pub synopses: Texts,
    /// Year of first release.
    pub year: Option<u16>,
    /// Duration as its makers state it; `duration_ms` is measured.
    pub runtime_ms: Option<u64>,
    /// Countries by ISO 3166-1 alpha-2 code, the main one first.
    pub countries: Vec<String>,
    /// BCP 47 languages spoken in it, the main one first.
    pub languages: Vec<String>,
    /// Age rating as the country's board writes it.
    pub age_rating: Option<String>,
    /// Festivals and awards, by language.
    pub festival_notes: Texts,
    /// Begin of the window in which viewers may play it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub available_from: Option<OffsetDateTime>,
    /// End of that window, exclusive.
    #[serde(with = "time::serde::rfc3339::option")]
    pub available_until: Option<OffsetDateTime>,
    /// Countries in which viewers may play it, by ISO 3166-1 alpha-2 code; empty is everywhere.
    pub available_in: Vec<String>,
    /// Where it may be shown, as the contract words it.
    pub region_note: Option<String>,
    /// Whether viewers may see it once it is ready.
    pub visibility: Visibility,
    /// When a scheduled film becomes public; `Some` exactly when `visibility` is `Scheduled`.
    #[serde(with = "time::serde::rfc3339::option")]
    pub publish_at: Option<OffsetDateTime>,
    /// Where the end credits begin.
    pub credits_ms: Option<u64>,
    /// Languages of the audio tracks that viewers can choose.
    pub audio_languages: Vec<String>,
    /// Languages of the subtitles that viewers can choose.
    pub subtitle_languages: Vec<String>,
    /// Its processing status.
    pub status: FilmStatus,
    /// Why it failed; `Some` exactly when `status` is `Failed`.
    pub failure: Option<String>,
    /// The same as a code with values; `None` if an earlier version of Nang stored it.
    pub failure_reason: Option<Reason>,
    /// Name of the profile for its next build.
    pub profile: String,
    /// The presentation that viewers play; `Some` exactly when `status` is `Ready`.
    pub presentation_id: Option<PresentationId>,
    /// The build of its video.
    pub build_id: Option<BuildId>,
    /// Its duration.
    pub duration_ms: Option<u64>,
    /// Frame width of its best rung.
    pub width: Option<u32>,
    /// Frame height of its best rung.
    pub height: Option<u32>,
    /// When it was deleted. Its masters are kept until it is purged.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deleted_at: Option<OffsetDateTime>,
    /// Its first poster.
    #[serde(skip)]
    pub poster: Option<Image>,
    /// Its first backdrop.
    #[serde(skip)]
    pub backdrop: Option<Image>,
    /// Number of edits, for If-Match.
    pub version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its row last changed, by an edit or by the transcode pipeline.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

impl Film {
    /// Returns the cursor of the page that begins after this film, in a list that is ordered newest first.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// A row of `films`, alone or as part of a wider row.
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
    available_in: Vec<String>,
    region_note: Option<String>,
    visibility: Visibility,
    publish_at: Option<OffsetDateTime>,
    credits_ms: Option<i64>,
    audio_languages: Vec<String>,
    subtitle_languages: Vec<String>,
    status: FilmStatus,
    failure: Option<String>,
    failure_reason: Option<serde_json::Value>,
    profile: String,
    presentation_id: Option<Uuid>,
    build_id: Option<Uuid>,
    duration_ms: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    deleted_at: Option<OffsetDateTime>,
    poster: Option<Json<Image>>,
    backdrop: Option<Json<Image>>,
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
            available_in: row.available_in,
            region_note: row.region_note,
            visibility: row.visibility,
            publish_at: row.publish_at,
            credits_ms: row.credits_ms.map(i64::cast_unsigned),
            audio_languages: row.audio_languages,
            subtitle_languages: row.subtitle_languages,
            status: row.status,
            failure: row.failure,
            failure_reason: from_json(row.failure_reason),
            profile: row.profile,
            presentation_id: row.presentation_id.map(PresentationId),
            build_id: row.build_id.map(BuildId),
            duration_ms: row.duration_ms.map(i64::cast_unsigned),
            width: row.width.map(i32::cast_unsigned),
            height: row.height.map(i32::cast_unsigned),
            deleted_at: row.deleted_at,
            poster: row.poster.map(|poster| poster.0),
            backdrop: row.backdrop.map(|backdrop| backdrop.0),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A checked query for whole films. Takes the text after `FROM films`, and the arguments.
macro_rules! select_films {
    ($tail:tt $($arguments:tt)*) => {
        sqlx::query_as!(
            crate::rows::film::Row,
            r#"SELECT films.id, films.slug, films.titles AS "titles: _", films.original_title, films.synopses AS "synopses: _",
                      films.year, films.runtime_ms, films.countries, films.languages, films.age_rating,
                      films.festival_notes AS "festival_notes: _", films.available_from, films.available_until,
                      films.available_in, films.region_note, films.visibility AS "visibility: _", films.publish_at, films.credits_ms,
                      films.audio_languages, films.subtitle_languages, films.status AS "status: _", films.failure, films.failure_reason,
                      films.profile, films.presentation_id, films.build_id, films.duration_ms, films.width, films.height, films.deleted_at,
                      films.poster AS "poster: _", films.backdrop AS "backdrop: _", films.version, films.created_at, films.updated_at
               FROM films "# + $tail $($arguments)*
        )
    };
}
pub(crate) use select_films;

/// Returns the film, deleted or not; `None` if it does not exist.
pub async fn find(db: &Db, id: FilmId) -> Result<Option<Film>> {
    let row = select_films!("WHERE films.id = $1", id.0).fetch_optional(&db.pools.all).await?;
    Ok(row.map(Film::from))
}
