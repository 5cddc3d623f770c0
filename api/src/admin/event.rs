//! Server-sent events with changed films: of one film, or of all films that are being processed.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use domain::id::FilmId;
use futures_util::{Stream, StreamExt, stream};
use tokio::{sync::watch, time::MissedTickBehavior};
use tracing::warn;
use utoipa::ToSchema;

use super::feed::{film_json, subscribe, subscribe_all};
use crate::{
    app::{
        App,
        film_feeds::{FilmJson, FilmsInWork},
    },
    auth::identity::Editor,
    film::NO_FILM,
    http::{
        error::ApiError,
        path::PathId,
        responses::{Guarded, WithId},
    },
};

/// Interval of keep-alive comments; proxies close connections that are silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Interval of checks that the client's session is active and its account is still an editor's.
const SESSION_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// An event of `text/event-stream`, as a parser returns it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its OpenAPI schema is used")]
pub(crate) struct FilmEvent {
    /// Always `film`.
    event: String,
    /// The film: an `AdminFilm` as JSON.
    data: String,
}

/// Streams the changes of a film as server-sent events.
///
/// Sends the film (`event: film`, `data:` the film as JSON) at once, and again after each change, at most once per second. The
/// stream ends when the access token expires, the session ends, the account is no longer an editor's, or the server stops. To
/// continue, connect again with a new access token.
#[utoipa::path(get, path = "/admin/films/{id}/events", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The stream of events", body = FilmEvent, content_type = "text/event-stream"),
    Guarded, WithId,
))]
pub(crate) async fn watch_film(
    State(app): State<Arc<App>>,
    editor: Editor,
    PathId(id): PathId<FilmId>,
) -> Result<Response, ApiError> {
    let now = film_json(&app, id).await?.ok_or(NO_FILM)?;
    let feed = subscribe(&app, id, Arc::clone(&now));
    Ok(respond(app, editor, changes(now, feed)))
}

/// Streams the changes of all films that are being processed as server-sent events.
///
/// Sends each film that is being probed, encoded or published (`event: film`, `data:` the film as JSON) at once, and again after each
/// change, at most once per second, up to the result. The stream ends when the access token expires, the session ends, the account is
/// no longer an editor's, or the server stops. To continue, connect again with a new access token.
#[utoipa::path(get, path = "/admin/events", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "The stream of events", body = FilmEvent, content_type = "text/event-stream"),
    Guarded,
))]
pub(crate) async fn watch_work(State(app): State<Arc<App>>, editor: Editor) -> Response {
    let feed = subscribe_all(&app);
    respond(app, editor, all_changes(feed))
}

fn respond(app: Arc<App>, editor: Editor, films: impl Stream<Item = FilmJson> + Send + 'static) -> Response {
    let shutdown = app.shutdown.clone();
    let token_lifetime = (editor.0.token_expires_at - app.now()).unsigned_abs();
    let end = async move {
        tokio::select! {
            () = shutdown.cancelled_owned() => {}
            () = tokio::time::sleep(token_lifetime) => {}
            () = access_revoked(&app, &editor) => {}
        }
    };
    let events = films.map(|json| Ok::<_, Infallible>(Event::default().event("film").data(&*json)));
    let events = Sse::new(events.take_until(Box::pin(end))).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Otherwise NGINX buffers events until its buffer is full.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([unbuffered], events).into_response()
}

/// Returns each film that is being processed whenever it differs from its last sent state.
fn all_changes(feed: watch::Receiver<FilmsInWork>) -> impl Stream<Item = FilmJson> {
    let sent = HashMap::new();
    let updates = stream::unfold((feed, sent, true), |(mut feed, mut sent, first)| async move {
        if !first {
            feed.changed().await.ok()?;
        }
        let films = Arc::clone(&feed.borrow_and_update());
        let changed: Vec<FilmJson> = films
            .iter()
            .filter(|(id, json)| sent.get(*id) != Some(*json))
            .map(|(_, json)| Arc::clone(json))
            .collect();
        sent.clone_from(&films);
        Some((stream::iter(changed), (feed, sent, false)))
    });
    updates.flatten()
}

/// Waits until the session has ended, the account is disabled, or its role is below editor.
async fn access_revoked(app: &App, editor: &Editor) {
    let mut ticks = tokio::time::interval(SESSION_CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match editor.is_still_allowed(app).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => warn!(%error, "Cannot check the session of an event stream; trying again"),
        }
    }
}

/// Returns the film as it is now, and then whenever it differs from its last sent state.
fn changes(now: FilmJson, feed: watch::Receiver<FilmJson>) -> impl Stream<Item = FilmJson> {
    let updates = stream::unfold((Arc::clone(&now), feed), |(mut last, mut feed)| async move {
        // The poll of another subscriber may have published a change between the caller's read and its subscription.
        while *feed.borrow_and_update() == last {
            feed.changed().await.ok()?;
        }
        last = Arc::clone(&feed.borrow());
        Some((Arc::clone(&last), (last, feed)))
    });
    stream::once(async move { now }).chain(updates)
}
