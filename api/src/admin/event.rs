//! Films' changes as they happen, as server-sent events: one film's, or those of all films in work.

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

/// How often a silent stream shows that it is alive; proxies close what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often it is asked whether the watcher may still watch.
const LOGIN_CHECK: Duration = Duration::from_secs(2);

/// One event, as a parser of `text/event-stream` sees it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) struct FilmEvent {
    /// Always `film`.
    event: String,
    /// An `AdminFilm` as JSON.
    data: String,
}

/// Streams the film (`event: film`, `data:` the film as JSON): at once, and then whenever it changed, at most once a
/// second. Ends when the access token or the login does, or the server stops; read again with a fresh token.
#[utoipa::path(get, path = "/admin/films/{id}/events", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "Events", body = FilmEvent, content_type = "text/event-stream"),
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

/// Streams all films in work (`event: film`, `data:` the film as JSON): those there are at once, and then each when it changed, at most
/// once a second, up to how its work ended. Films that nothing is being done for are not told of. Ends when the access token or the
/// login does, or the server stops; read again with a fresh token.
#[utoipa::path(get, path = "/admin/events", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "Events", body = FilmEvent, content_type = "text/event-stream"),
    Guarded,
))]
pub(crate) async fn watch_work(State(app): State<Arc<App>>, editor: Editor) -> Response {
    let feed = subscribe_all(&app);
    respond(app, editor, all_changes(feed))
}

fn respond(app: Arc<App>, editor: Editor, films: impl Stream<Item = FilmJson> + Send + 'static) -> Response {
    let shutdown = app.shutdown.clone();
    let token_left = (editor.0.token_expires_at - app.now()).unsigned_abs();
    let end = async move {
        tokio::select! {
            () = shutdown.cancelled_owned() => {}
            () = tokio::time::sleep(token_left) => {}
            () = leaving(&app, &editor) => {}
        }
    };
    let events = films.map(|json| Ok::<_, Infallible>(Event::default().event("film").data(&*json)));
    let events = Sse::new(events.take_until(Box::pin(end))).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // NGINX would otherwise hold events back until its buffer is full.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([unbuffered], events).into_response()
}

/// Each film in work when it is different from what was last sent of it.
fn all_changes(feed: watch::Receiver<FilmsInWork>) -> impl Stream<Item = FilmJson> {
    let sent = HashMap::new();
    let looks = stream::unfold((feed, sent, true), |(mut feed, mut sent, first)| async move {
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
    looks.flatten()
}

/// Waits until the watcher is logged out, disabled or no editor any more.
async fn leaving(app: &App, editor: &Editor) {
    let mut looks = tokio::time::interval(LOGIN_CHECK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        match editor.remains(app).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => warn!(%error, "Cannot check a watcher's login; trying again"),
        }
    }
}

/// The film as it is, and then each time it is different from what was last sent.
fn changes(now: FilmJson, feed: watch::Receiver<FilmJson>) -> impl Stream<Item = FilmJson> {
    let later = stream::unfold((Arc::clone(&now), feed), |(mut last, mut feed)| async move {
        // Somebody else's poll may have seen a change between our look and our joining.
        while *feed.borrow_and_update() == last {
            feed.changed().await.ok()?;
        }
        last = Arc::clone(&feed.borrow());
        Some((Arc::clone(&last), (last, feed)))
    });
    stream::once(async move { now }).chain(later)
}
