//! Lists of films with any combination of sort order and filters.
//!
//! Clients combine filters freely, so the statements are composed here instead of being written out. Each sort order has an index, and
//! PostgreSQL, which plans with the actual values, chooses between scanning that index and starting with a filter's index. A genre's
//! films, newest first, have a separate index, since both choices are slow for a genre of medium size.

use domain::{id::UserId, lao::index};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{
    Film, FilmStatus, Row, Visibility,
    card::{COLUMNS, Card, CardRow},
};
use crate::{Audience, Cursor, Db, InvalidCursor, Result, SortedCursor, rows::search};

/// Minimum number of characters that a trigram index needs.
const TRIGRAM: usize = 3;

text_enum! {
    /// The sort order of films.
    FilmSort {
        /// By creation, newest first.
        Newest = "newest",
        /// By creation, oldest first.
        Oldest = "oldest",
        /// By year of first release, newest first; films without a year last.
        Year = "year",
        /// By title for readers of Lao.
        TitleLo = "title_lo",
        /// By title for readers of English.
        TitleEn = "title_en",
        /// By duration, shortest first.
        Runtime = "runtime",
    }
}

text_enum! {
    /// The current time relative to a film's availability window.
    Availability {
        /// Before the window.
        Soon = "soon",
        /// Within the window.
        Now = "now",
        /// After the window.
        Over = "over",
    }
}

/// Which films to list for viewers; `None` means all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilmFilter {
    /// Only films of this genre.
    pub genre: Option<Uuid>,
    /// Only films in this category.
    pub category: Option<Uuid>,
    /// Only films that credit this person.
    pub person: Option<Uuid>,
    /// Only films from this year on.
    pub year_from: Option<u16>,
    /// Only films up to this year, inclusive.
    pub year_to: Option<u16>,
    /// Only films of this country of production, by ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// Only films in which this language is spoken.
    pub language: Option<String>,
    /// Only films with audio in this language.
    pub audio: Option<String>,
    /// Only films with subtitles in this language.
    pub subtitle: Option<String>,
    /// Minimum duration.
    pub runtime_min_ms: Option<u64>,
    /// Maximum duration.
    pub runtime_max_ms: Option<u64>,
    /// Only films with this state of their availability window.
    pub availability: Option<Availability>,
}

/// A film in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The film.
    pub film: Card,
    /// The sort key, if it is a text.
    sort_text: Option<String>,
}

impl Listed {
    /// Returns the cursor of the list page in this order that begins after the film.
    pub fn cursor(&self, sort: FilmSort) -> SortedCursor {
        let (word, film) = (sort.as_str(), &self.film);
        let number = match sort {
            FilmSort::TitleLo | FilmSort::TitleEn => {
                return SortedCursor::text(word, self.sort_text.clone().unwrap_or_default(), film.id.0);
            }
            FilmSort::Newest | FilmSort::Oldest => {
                let micros = film.created_at.unix_timestamp_nanos() / 1000;
                i64::try_from(micros).unwrap_or(i64::MAX)
            }
            FilmSort::Year => film.year.map_or(0, i64::from),
            FilmSort::Runtime => film.duration_ms.or(film.runtime_ms).unwrap_or_default().cast_signed(),
        };
        SortedCursor::number(word, number, film.id.0)
    }
}

/// Returns at most `limit` films after `after` that `audience` may see in lists, as `viewer` sees them. An error if the cursor is of
/// another order.
pub async fn list(
    db: &Db,
    audience: Audience,
    viewer: Option<UserId>,
    filter: &FilmFilter,
    sort: FilmSort,
    after: Option<&SortedCursor>,
    limit: u32,
) -> Result<Vec<Listed>> {
    let mut statement = statement("", audience, viewer, filter, sort, after, limit)?;
    let query = statement.build_query_as();
    let rows: Vec<ListRow> = if *filter == FilmFilter::default() {
        query.fetch_all(&db.pools.lookups).await?
    } else {
        // Not prepared, so that PostgreSQL plans it with the values: the best plan for a rare genre is not the best for a common one.
        query.persistent(false).fetch_all(&db.pools.all).await?
    };
    Ok(rows.into_iter().map(|row| Listed { film: row.film.into(), sort_text: row.sort_text }).collect())
}

#[derive(sqlx::FromRow)]
struct ListRow {
    #[sqlx(flatten)]
    film: CardRow,
    sort_text: Option<String>,
}

/// Composes the statement. Tests put `EXPLAIN` into `prefix`.
fn statement(
    prefix: &str,
    audience: Audience,
    viewer: Option<UserId>,
    filter: &FilmFilter,
    sort: FilmSort,
    after: Option<&SortedCursor>,
    limit: u32,
) -> Result<QueryBuilder<Postgres>, InvalidCursor> {
    let by_genre = filter.genre.filter(|_| matches!(sort, FilmSort::Newest | FilmSort::Oldest));
    let (key, id, descending) = match (sort, by_genre) {
        (FilmSort::Newest, None) => ("films.created_at", "films.id", true),
        (FilmSort::Oldest, None) => ("films.created_at", "films.id", false),
        (FilmSort::Newest, Some(_)) => ("film_genres.film_created_at", "film_genres.film_id", true),
        (FilmSort::Oldest, Some(_)) => ("film_genres.film_created_at", "film_genres.film_id", false),
        (FilmSort::Year, _) => ("coalesce(films.year, 0)", "films.id", true),
        (FilmSort::TitleLo, _) => ("films.sort_title_lo", "films.id", false),
        (FilmSort::TitleEn, _) => ("films.sort_title_en", "films.id", false),
        (FilmSort::Runtime, _) => ("coalesce(films.duration_ms, films.runtime_ms, 0)", "films.id", false),
    };
    let sort_text = if matches!(sort, FilmSort::TitleLo | FilmSort::TitleEn) { key } else { "NULL::text" };
    let mut sql = QueryBuilder::new(prefix);
    sql.push("SELECT ").push(COLUMNS).push(", ").push(sort_text).push(" AS sort_text, ");
    match viewer {
        Some(viewer) => sql
            .push("EXISTS (SELECT FROM watchlist WHERE film_id = films.id AND user_id = ")
            .push_bind(viewer.0)
            .push(")"),
        None => sql.push("NULL::boolean"),
    };
    sql.push(" AS in_watchlist FROM ");
    match by_genre {
        Some(genre) => sql
            .push("film_genres JOIN films ON films.id = film_genres.film_id WHERE film_genres.genre_id = ")
            .push_bind(genre),
        None => sql.push("films WHERE true"),
    };
    sql.push(" AND film_is_listed(films, ").push(audience.is_member().to_string()).push(")");
    if let Some(genre) = filter.genre.filter(|_| by_genre.is_none()) {
        sql.push(" AND films.id IN (SELECT film_id FROM film_genres WHERE genre_id = ")
            .push_bind(genre)
            .push(")");
    }
    if let Some(category) = filter.category {
        sql.push(" AND films.id IN (SELECT film_id FROM film_categories WHERE category_id = ")
            .push_bind(category)
            .push(")");
    }
    if let Some(person) = filter.person {
        sql.push(" AND films.id IN (SELECT film_id FROM film_cast WHERE person_id = ")
            .push_bind(person)
            .push(")");
    }
    if let Some(year) = filter.year_from {
        sql.push(" AND coalesce(films.year, 0) >= ").push_bind(i32::from(year));
    }
    if let Some(year) = filter.year_to {
        // A film without a year is in no range of years.
        sql.push(" AND coalesce(films.year, 0) > 0 AND coalesce(films.year, 0) <= ")
            .push_bind(i32::from(year));
    }
    for (column, code) in [
        ("countries", &filter.country),
        ("languages", &filter.language),
        ("audio_languages", &filter.audio),
        ("subtitle_languages", &filter.subtitle),
    ] {
        if let Some(code) = code {
            sql.push(" AND films.").push(column).push(" @> ").push_bind(vec![code.clone()]);
        }
    }
    if let Some(shortest) = filter.runtime_min_ms {
        sql.push(" AND coalesce(films.duration_ms, films.runtime_ms, 0) >= ")
            .push_bind(shortest.cast_signed());
    }
    if let Some(longest) = filter.runtime_max_ms {
        // A film of unknown duration does not match. Both conditions use the expression of the index and its statistics, so that the
        // planner can estimate how few films are so short.
        sql.push(" AND coalesce(films.duration_ms, films.runtime_ms, 0) > 0")
            .push(" AND coalesce(films.duration_ms, films.runtime_ms, 0) <= ")
            .push_bind(longest.cast_signed());
    }
    if let Some(availability) = filter.availability {
        sql.push(match availability {
            Availability::Soon => " AND films.available_from > now()",
            Availability::Now => {
                " AND (films.available_from IS NULL OR films.available_from <= now())
                  AND (films.available_until IS NULL OR films.available_until > now())"
            }
            Availability::Over => " AND films.available_until <= now()",
        });
    }
    if let Some(after) = after {
        let word = sort.as_str();
        sql.push(" AND (").push(key).push(", ").push(id).push(if descending { ") < (" } else { ") > (" });
        match sort {
            FilmSort::Newest | FilmSort::Oldest => sql.push_bind(after.as_moment(word)?),
            FilmSort::Year | FilmSort::Runtime => sql.push_bind(after.as_number(word)?),
            FilmSort::TitleLo | FilmSort::TitleEn => sql.push_bind(after.as_text(word)?.to_owned()),
        };
        sql.push(", ").push_bind(after.id).push(")");
    }
    let direction = if descending { " DESC" } else { "" };
    sql.push(" ORDER BY ").push(key).push(direction).push(", ").push(id).push(direction);
    // A literal, because PostgreSQL estimates an unknown limit as a tenth of the table.
    sql.push(" LIMIT ").push(limit.to_string());
    Ok(sql)
}

/// Which films to list for editors; `None` means all.
#[derive(Clone, Debug, Default)]
pub struct AdminFilter {
    /// Only films with this status.
    pub status: Option<FilmStatus>,
    /// Only films with this visibility.
    pub visibility: Option<Visibility>,
    /// Only films with this text in a title, ignoring case. One or two characters match only where a word or a Lao syllable begins.
    pub text: Option<String>,
    /// Only deleted films; if false, only films that are not deleted.
    pub deleted: bool,
}

/// Returns at most `limit` films after `after` for editors, newest first.
pub async fn admin(db: &Db, filter: &AdminFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<Film>> {
    let mut statement = admin_statement("", filter, after, limit);
    let rows: Vec<Row> = statement.build_query_as().persistent(false).fetch_all(&db.pools.all).await?;
    Ok(rows.into_iter().map(Film::from).collect())
}

fn admin_statement(
    prefix: &str,
    filter: &AdminFilter,
    after: Option<Cursor>,
    limit: u32,
) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(prefix);
    sql.push("SELECT films.* FROM films WHERE films.deleted_at IS ");
    sql.push(if filter.deleted { "NOT NULL" } else { "NULL" });
    if let Some(status) = filter.status {
        sql.push(" AND films.status = ").push_bind(status.as_str());
    }
    if let Some(visibility) = filter.visibility {
        sql.push(" AND films.visibility = ").push_bind(visibility.as_str());
    }
    if let Some(text) = &filter.text {
        if let Some(query) = index::query(text).filter(|_| text.chars().count() < TRIGRAM) {
            // Fewer than three characters contain no trigram, so the title index would not help and every film would be read.
            sql.push(" AND films.id IN (SELECT film_id FROM search_titles WHERE place IN (0, 1)");
            for (at, (key, beyond)) in search::ranges(&query).into_iter().enumerate() {
                sql.push(if at == 0 { " AND (" } else { " OR " });
                sql.push("key >= ").push_bind(key).push(" AND key < ").push_bind(beyond);
            }
            sql.push("))");
        } else {
            // The index is on the titles as JSON text, in which quotation marks are escaped with a backslash.
            let json = serde_json::Value::from(text.as_str()).to_string();
            sql.push(" AND films.titles::text ILIKE ").push_bind(containing(&json[1..json.len() - 1]));
        }
        // The actual condition: the two above also match similar-sounding titles and language tags.
        sql.push(" AND EXISTS (SELECT FROM jsonb_each_text(films.titles) AS title WHERE title.value ILIKE ")
            .push_bind(containing(text))
            .push(")");
    }
    if let Some(after) = after {
        sql.push(" AND (films.created_at, films.id) < (").push_bind(after.created_at);
        sql.push(", ").push_bind(after.id).push(")");
    }
    sql.push(" ORDER BY films.created_at DESC, films.id DESC LIMIT ").push_bind(i64::from(limit));
    sql
}

/// Returns a `LIKE` pattern for texts that contain `text`.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests;
