//! Figures of what is watched.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use db::figure::{Figure as Row, FigureFilter};
use domain::id::FilmId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::{Date, Duration, format_description::FormatItem, macros::format_description};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::catalogue::CatalogueFormat;
use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        error::ApiError,
        query::ValidQuery,
        responses::{Guarded, WithQuery},
    },
    titles::Titles,
};

const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");
/// Days in the response if the request has no `first_day`.
const DEFAULT_DAYS: i64 = 28;
/// Maximum number of days in a response.
const MAX_DAYS: i64 = 400;

/// What was watched of a film on one day with one kind of device.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Figure {
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Titles of the film.
    pub(crate) titles: Titles,
    /// The day (UTC) on which the playback sessions began.
    #[schema(format = "date", examples("2026-11-27"))]
    pub(crate) day: String,
    /// Kind of device: `phone`, `tablet`, `computer`, `tv` or `other`.
    #[schema(examples("phone"))]
    pub(crate) device: String,
    /// Playback sessions in which something was watched.
    #[schema(examples(31))]
    pub(crate) plays: u64,
    /// Of these, sessions in which the film's end was watched.
    #[schema(examples(12))]
    pub(crate) completed: u64,
    /// Watched length of the film in milliseconds, over all of these sessions.
    #[schema(examples(86_400_000))]
    pub(crate) watched_ms: u64,
    /// Duration of the film in milliseconds; null until the film is encoded.
    #[schema(required)]
    pub(crate) duration_ms: Option<u64>,
}

/// Figures of what was watched.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Figures {
    /// First day.
    #[schema(format = "date", examples("2026-11-01"))]
    pub(crate) first_day: String,
    /// Last day.
    #[schema(format = "date", examples("2026-11-28"))]
    pub(crate) last_day: String,
    /// The figures, newest day first; within a day the film with the most plays first.
    pub(crate) items: Vec<Figure>,
}

/// Query parameters of figures.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FigureQuery {
    /// First day (UTC), as YYYY-MM-DD; default 28 days with the last one
    #[param(format = "date", example = "2026-11-01")]
    #[garde(inner(custom(|day: &str, (): &()| is_day(day))))]
    first_day: Option<String>,
    /// Last day (UTC), as YYYY-MM-DD; default today
    #[param(format = "date", example = "2026-11-28")]
    #[garde(inner(custom(|day: &str, (): &()| is_day(day))))]
    last_day: Option<String>,
    /// Only the film with this id
    film_id: Option<Uuid>,
    /// Format of the response; default `json`
    #[param(inline)]
    format: Option<CatalogueFormat>,
}

fn is_day(day: &str) -> garde::Result {
    match Date::parse(day, DAY) {
        Ok(_) => Ok(()),
        Err(_) => Err(garde::Error::new("is not a day such as 2026-11-27")),
    }
}

/// Returns what was watched, by film, day and kind of device.
///
/// Playback sessions count whose player sends heartbeats, of all viewers, also without an account.
#[utoipa::path(get, path = "/admin/figures", tag = "admin", security(("bearer" = [])), params(FigureQuery), responses(
    (status = 200, description = "The figures", content((Figures = "application/json"), (String = "text/csv"))),
    Guarded, WithQuery,
))]
pub(crate) async fn list_figures(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<FigureQuery>,
) -> Result<Response, ApiError> {
    let day = |text: &Option<String>| text.as_deref().and_then(|text| Date::parse(text, DAY).ok());
    let to = day(&query.last_day).unwrap_or_else(|| app.now().date());
    let from =
        day(&query.first_day).or_else(|| to.checked_sub(Duration::days(DEFAULT_DAYS - 1))).unwrap_or(to);
    if from > to || to - from >= Duration::days(MAX_DAYS) {
        return Err(ApiError::invalid_query(
            "first_day",
            "is after the last day, or more than 400 days before it",
        ));
    }
    let filter = FigureFilter { from, to, film_id: query.film_id.map(FilmId) };
    let rows = db::figure::list(&app.db, filter).await?;
    if matches!(query.format, Some(CatalogueFormat::Csv)) {
        let name = format!("attachment; filename=\"nang-figures-{from}-{to}.csv\"");
        let headers = [(header::CONTENT_TYPE, "text/csv".to_owned()), (header::CONTENT_DISPOSITION, name)];
        return Ok((headers, csv(&rows)).into_response());
    }
    let items = rows.into_iter().map(Figure::from).collect();
    Ok(Json(Figures { first_day: from.to_string(), last_day: to.to_string(), items }).into_response())
}

/// Returns the figures as a table for spreadsheets: UTF-8 with a byte order mark, lines that end with CR LF (RFC 4180).
fn csv(rows: &[Row]) -> String {
    let mut text = String::from(
        "\u{feff}day,film_id,title_lo,title_en,device,plays,completed,watched_ms,duration_ms\r\n",
    );
    for row in rows {
        let title = |tag: &str| cell(row.titles.get(tag).map_or("", String::as_str));
        let duration = row.duration_ms.map(|duration| duration.to_string()).unwrap_or_default();
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "{},{},{},{},{},{},{},{},{duration}\r\n",
            row.day,
            row.film_id,
            title("lo"),
            title("en"),
            row.device,
            row.plays,
            row.completed,
            row.watched_ms,
        );
    }
    text
}

/// Quotes a text. A text that a spreadsheet would read as a formula begins with an apostrophe.
fn cell(text: &str) -> String {
    let apostrophe = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

impl From<Row> for Figure {
    fn from(row: Row) -> Self {
        Self {
            film_id: row.film_id.0,
            titles: Titles(row.titles),
            day: row.day.to_string(),
            device: row.device,
            plays: row.plays,
            completed: row.completed,
            watched_ms: row.watched_ms,
            duration_ms: row.duration_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_title_is_one_cell_and_no_formula() {
        for (title, expected) in [
            ("ສະບາຍດີ, ຫຼວງພະບາງ", "\"ສະບາຍດີ, ຫຼວງພະບາງ\""),
            ("The \"Long\" Walk", "\"The \"\"Long\"\" Walk\""),
            ("=1+1", "\"'=1+1\""),
        ] {
            assert_eq!(cell(title), expected);
        }
    }
}
