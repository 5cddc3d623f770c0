//! Who may play a film now, and why others may not.

use db::{
    Audience,
    playback_right::{Playable, Refusal},
    user::Role,
};
use domain::id::FilmId;

use super::refusal::{no_longer_available, not_yet_available};
use crate::{app::App, auth::identity::User, film::NO_FILM, http::error::ApiError};

/// What the catalogue is to this caller.
pub(crate) fn audience(user: Option<&User>) -> Audience {
    match user {
        None => Audience::Anybody,
        Some(user) if user.account.role >= Role::Editor => Audience::Editor,
        Some(_) => Audience::Member,
    }
}

/// What there is to play, or why the caller may not.
pub(super) async fn right_to_play(
    app: &App,
    film: FilmId,
    user: Option<&User>,
) -> Result<Playable, ApiError> {
    let right = db::playback_right::find(&app.db, film, audience(user)).await?;
    right.map_err(|refusal| match refusal {
        Refusal::NotShown => NO_FILM,
        Refusal::NotReady => ApiError::Conflict("The film is not ready to play yet.".to_owned()),
        Refusal::TooEarly { from } => not_yet_available(from),
        Refusal::TooLate { until } => no_longer_available(until),
        Refusal::LoginNeeded => ApiError::Unauthorized("This film is for members. Log in to watch it."),
    })
}
