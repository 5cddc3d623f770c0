//! Whether a caller may play a film now.

use db::{
    Audience,
    playback_right::{Playable, Refusal},
    user::Role,
};
use domain::{country::ViewerCountry, id::FilmId};

use super::refusal::{
    being_prepared, no_longer_available, not_in_this_country, not_yet_available, preview_ended,
};
use crate::{
    app::App,
    auth::identity::User,
    film::{NO_FILM, members_only},
    http::error::ApiError,
};

/// Returns the audience to which the caller belongs.
pub(crate) fn audience(user: Option<&User>) -> Audience {
    match user {
        None => Audience::Anonymous,
        Some(user) if user.account.role >= Role::Editor => Audience::Editor,
        Some(_) => Audience::Member,
    }
}

/// Returns the build that the caller may play; an error if the caller may not play the film now.
pub(super) async fn authorize_playback(
    app: &App,
    film: FilmId,
    user: Option<&User>,
    country: ViewerCountry,
) -> Result<Playable, ApiError> {
    let playable = db::playback_right::find(&app.db, film, audience(user), country).await?;
    playable.map_err(|refusal| match refusal {
        Refusal::NotShown => NO_FILM,
        Refusal::NotReady => being_prepared(),
        Refusal::TooEarly { from } => not_yet_available(from),
        Refusal::TooLate { until } => no_longer_available(until),
        Refusal::OtherCountry { available_in } => not_in_this_country(available_in),
        Refusal::LoginNeeded => members_only(),
    })
}

/// Returns the build that the bearer of an open preview link to this film may play: what editors may play, because the link stands for
/// an editor's permission, whatever the film's visibility, window and countries are.
pub(crate) async fn authorize_preview(app: &App, film: FilmId) -> Result<Playable, ApiError> {
    let playable =
        db::playback_right::find(&app.db, film, Audience::Editor, ViewerCountry::NotLearned).await?;
    playable.map_err(|refusal| if refusal == Refusal::NotReady { being_prepared() } else { preview_ended() })
}
