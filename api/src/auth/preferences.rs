//! Preferences of the caller, which follow the account to every device.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::catalogue::rule::canonical_tag;
use garde::Validate;
use serde::{Deserialize, Serialize};
use tracing::warn;
use utoipa::ToSchema;

use super::identity::User;
use crate::{
    app::App,
    http::{
        error::ApiError,
        json::ValidJson,
        responses::{Authenticated, WithBody},
    },
};

/// Where subtitles are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubtitlePosition {
    /// At the bottom of the frame.
    Bottom,
    /// At the top of the frame.
    Top,
}

/// What makes subtitles readable on a bright frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubtitleBackground {
    /// Nothing.
    None,
    /// A shadow around the letters.
    Shadow,
    /// A dark box behind the lines.
    Box,
}

/// Preferences of an account. A client uses its own default for a field that is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({
    "language": "lo", "audio_language": "lo", "subtitles": true, "subtitle_language": "en", "subtitle_size_percent": 125,
    "subtitle_colour": "#ffff00", "subtitle_background": "shadow", "subtitle_position": "bottom", "data_saver": true, "speed": 1.25,
    "autoplay_next": true
}))]
pub(crate) struct Preferences {
    /// BCP 47 tag of the language of pages.
    #[garde(inner(custom(|tag: &str, (): &()| is_tag(tag))))]
    pub(crate) language: Option<String>,
    /// BCP 47 tag of the preferred audio language.
    #[garde(inner(custom(|tag: &str, (): &()| is_tag(tag))))]
    pub(crate) audio_language: Option<String>,
    /// Whether subtitles are shown.
    pub(crate) subtitles: Option<bool>,
    /// BCP 47 tag of the preferred language of subtitles.
    #[garde(inner(custom(|tag: &str, (): &()| is_tag(tag))))]
    pub(crate) subtitle_language: Option<String>,
    /// Size of subtitles in per cent of the usual size, 50 to 300.
    #[schema(minimum = 50, maximum = 300)]
    #[garde(inner(range(min = 50, max = 300)))]
    pub(crate) subtitle_size_percent: Option<u16>,
    /// Colour of subtitles as `#rrggbb`.
    #[schema(pattern = "^#[0-9a-f]{6}$")]
    #[garde(inner(custom(|colour: &str, (): &()| is_colour(colour))))]
    pub(crate) subtitle_colour: Option<String>,
    /// What makes subtitles readable on a bright frame.
    pub(crate) subtitle_background: Option<SubtitleBackground>,
    /// Where subtitles are shown.
    pub(crate) subtitle_position: Option<SubtitlePosition>,
    /// Whether the player uses little data.
    pub(crate) data_saver: Option<bool>,
    /// Speed of playback, 0.25 to 4.
    #[schema(minimum = 0.25, maximum = 4)]
    #[garde(inner(range(min = 0.25, max = 4.0)))]
    pub(crate) speed: Option<f64>,
    /// Whether the next film begins after the credits.
    pub(crate) autoplay_next: Option<bool>,
}

fn is_tag(tag: &str) -> garde::Result {
    match canonical_tag(tag) {
        Some(_) => Ok(()),
        None => Err(garde::Error::new("is not a BCP 47 language tag such as lo or en")),
    }
}

fn is_colour(colour: &str) -> garde::Result {
    let digits = colour.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Err(garde::Error::new("is not a colour such as #ffff00"))
}

/// Returns the caller's preferences.
#[utoipa::path(get, path = "/auth/me/preferences", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The preferences", body = Preferences),
    Authenticated,
))]
pub(crate) async fn get_preferences(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<Json<Preferences>, ApiError> {
    let stored = db::user::preferences(&app.db, user.account.id).await?.unwrap_or_default();
    Ok(Json(read(stored)))
}

/// Replaces the caller's preferences.
///
/// Of two devices that do so at once, the later wins.
#[utoipa::path(put, path = "/auth/me/preferences", tag = "auth", security(("bearer" = [])), request_body = Preferences, responses(
    (status = 200, description = "The preferences as they are stored", body = Preferences),
    Authenticated, WithBody,
))]
pub(crate) async fn set_preferences(
    State(app): State<Arc<App>>,
    user: User,
    ValidJson(mut preferences): ValidJson<Preferences>,
) -> Result<Json<Preferences>, ApiError> {
    for tag in
        [&mut preferences.language, &mut preferences.audio_language, &mut preferences.subtitle_language]
    {
        *tag = tag.as_deref().and_then(canonical_tag);
    }
    let stored = serde_json::to_value(&preferences).map_err(ApiError::internal)?;
    db::user::set_preferences(&app.db, user.account.id, &stored).await?;
    Ok(Json(preferences))
}

/// Reads stored preferences. Those that this version does not understand count as not set: no viewer may lose a page because of them.
pub(crate) fn read(stored: serde_json::Value) -> Preferences {
    serde_json::from_value(stored).unwrap_or_else(|error| {
        warn!(%error, "Stored preferences of an account are not readable; using the defaults");
        Preferences::default()
    })
}
