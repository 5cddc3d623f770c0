//! Playback URLs and their expiry.

use domain::id::{FilmId, PlaybackSessionId};
use time::{Duration, OffsetDateTime};

use crate::{app::App, http::error::ApiError};

/// Minimum lifetime of a playback token, even for a short film, because viewers pause and resume.
const MIN_TOKEN_LIFETIME: Duration = Duration::hours(4);

/// Returns the URL of an object of the film, with a new token. The token is the same for all objects of the film. `path` is the
/// object's path within the film's folder.
pub(super) fn object_address(
    app: &App,
    film: FilmId,
    session: PlaybackSessionId,
    expires_unix: u32,
    path: &str,
) -> String {
    let token = app.keys.sign(film, session, expires_unix);
    format!("{}/v/{token}/{film}/{path}", app.origin_base_url)
}

/// Expiry of a playback token issued now: max(4 h, 1.5 × duration + 1 h) but not after `latest`, in whole seconds; also as Unix time.
pub(super) fn token_expiry(
    now: OffsetDateTime,
    duration_ms: u64,
    latest: Option<OffsetDateTime>,
) -> Result<(OffsetDateTime, u32), ApiError> {
    let film = Duration::milliseconds(i64::try_from(duration_ms).map_err(ApiError::internal)?);
    let end = now + MIN_TOKEN_LIFETIME.max(film * 3 / 2 + Duration::HOUR);
    let end = latest.map_or(end, |latest| latest.min(end));
    let unix = u32::try_from(end.unix_timestamp()).map_err(ApiError::internal)?;
    let end = OffsetDateTime::from_unix_timestamp(i64::from(unix)).map_err(ApiError::internal)?;
    Ok((end, unix))
}

#[cfg(test)]
mod tests {
    use super::token_expiry;
    use time::macros::datetime;

    #[test]
    fn a_token_outlasts_the_film_by_a_margin() {
        let now = datetime!(2026-01-01 00:00:00.75 UTC);
        for (minutes, expected) in [
            (1, datetime!(2026-01-01 04:00 UTC)),
            (120, datetime!(2026-01-01 04:00 UTC)),
            (180, datetime!(2026-01-01 05:30 UTC)),
            (600, datetime!(2026-01-01 16:00 UTC)),
        ] {
            let (end, unix) = token_expiry(now, minutes * 60_000, None).unwrap();
            assert_eq!(end, expected, "{minutes} min");
            assert_eq!(i64::from(unix), expected.unix_timestamp());
        }
        let latest = datetime!(2026-01-01 01:00 UTC);
        assert_eq!(token_expiry(now, 60_000, Some(latest)).unwrap().0, latest);
    }
}
