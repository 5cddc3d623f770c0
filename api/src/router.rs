//! Every route, in one list.

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_extractor_with_state, from_fn},
    routing::any,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    admin::{build, event, film as admin_film, job, profile},
    app::App,
    auth::{identity::Editor, session},
    config::Config,
    film, health, heartbeat, history,
    http::{error::ApiError, request::around_request},
    openapi, recommendation, resume,
    stream::{self, session as stream_session},
    watchlist,
};

/// The API, ready to be merged into a server's router: all its routes begin with `/api`.
///
/// Logins are throttled by address, so serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(config: Config) -> Router {
    let uploads = ingest::router(config.uploads.clone());
    let app = App::new(config);
    let uploads = uploads.layer(from_extractor_with_state::<Editor, _>(Arc::clone(&app)));
    let (routes, _) = routes().split_for_parts();
    let api = routes
        .with_state(app)
        .nest("/admin/uploads", uploads)
        .fallback(unknown_route)
        .layer(from_fn(around_request));
    // Nesting leaves out the prefix with nothing but a slash after it.
    Router::new().nest("/api", api).route("/api/", any(unknown_route).layer(from_fn(around_request)))
}

async fn unknown_route() -> ApiError {
    ApiError::NotFound("There is nothing at this address.")
}

/// The routes, relative to `/api`, and their description. `admin/upload.rs` describes those of `ingest`.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(session::login_session))
        .routes(routes!(session::refresh_session))
        .routes(routes!(session::logout_session))
        .routes(routes!(session::get_me))
        .routes(routes!(film::list_films))
        .routes(routes!(film::get_film))
        .routes(routes!(stream::authorize_stream))
        .routes(routes!(stream_session::list_stream_sessions))
        .routes(routes!(stream_session::end_stream_session))
        .routes(routes!(stream_session::renew_stream_session))
        .routes(routes!(heartbeat::record_heartbeats))
        .routes(routes!(recommendation::list_similar_films))
        .routes(routes!(recommendation::list_recommendations))
        .routes(routes!(watchlist::list_watchlist))
        .routes(routes!(watchlist::add_to_watchlist, watchlist::remove_from_watchlist))
        .routes(routes!(history::list_history, history::clear_history))
        .routes(routes!(history::clear_film_history))
        .routes(routes!(resume::list_resume_points, resume::clear_resume_points))
        .routes(routes!(resume::get_resume_point, resume::set_resume_point, resume::clear_resume_point))
        .routes(routes!(admin_film::list_admin_films, admin_film::create_film))
        .routes(routes!(admin_film::get_admin_film, admin_film::update_film))
        .routes(routes!(event::watch_film))
        .routes(routes!(build::cancel_build))
        .routes(routes!(job::list_jobs))
        .routes(routes!(job::get_job))
        .routes(routes!(job::retry_job))
        .routes(routes!(profile::list_profiles))
        .routes(routes!(health::get_health_live))
        .routes(routes!(health::get_health_ready))
        .routes(routes!(openapi::get_openapi))
}
