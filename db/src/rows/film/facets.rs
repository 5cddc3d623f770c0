//! The values that filters of the list of films can have.

use crate::{Audience, Db, Result};

/// Values of filters, each with its number of films, most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Countries of production.
    pub countries: Vec<(String, u64)>,
    /// Spoken languages.
    pub languages: Vec<(String, u64)>,
    /// Languages of audio tracks.
    pub audio_languages: Vec<(String, u64)>,
    /// Languages of subtitles.
    pub subtitle_languages: Vec<(String, u64)>,
    /// Year of the oldest film.
    pub year_from: Option<u16>,
    /// Year of the newest film.
    pub year_to: Option<u16>,
}

/// Returns the values of the films that `audience` may see in lists. Reads all of these films.
pub async fn facets(db: &Db, audience: Audience) -> Result<Facets> {
    let rows = sqlx::query!(
        r#"WITH listed AS MATERIALIZED (
               SELECT countries, languages, audio_languages, subtitle_languages, year FROM films WHERE film_is_listed(films, $1)
           )
           SELECT kind AS "kind!", value AS "value!", count(*) AS "count!"
           FROM listed CROSS JOIN LATERAL (
               SELECT 0 AS kind, value FROM unnest(countries) AS value
               UNION ALL SELECT 1, value FROM unnest(languages) AS value
               UNION ALL SELECT 2, value FROM unnest(audio_languages) AS value
               UNION ALL SELECT 3, value FROM unnest(subtitle_languages) AS value
               UNION ALL SELECT 4, year::text WHERE year IS NOT NULL
           ) AS facet
           GROUP BY kind, value ORDER BY kind, count(*) DESC, value"#,
        audience.is_member(),
    )
    .fetch_all(&db.pools.all)
    .await?;
    let mut facets = Facets::default();
    for row in rows {
        let one = (row.value, row.count.cast_unsigned());
        match row.kind {
            0 => facets.countries.push(one),
            1 => facets.languages.push(one),
            2 => facets.audio_languages.push(one),
            3 => facets.subtitle_languages.push(one),
            _ => {
                let year = one.0.parse().ok();
                facets.year_from = facets.year_from.into_iter().chain(year).min();
                facets.year_to = facets.year_to.into_iter().chain(year).max();
            }
        }
    }
    Ok(facets)
}
