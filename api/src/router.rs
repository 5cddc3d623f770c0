//! The list of all routes.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Request, State},
    http::header,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    account_data,
    admin::{
        audit, build, cast as admin_cast, catalogue, category as admin_category, desk, event, figure, file,
        film as admin_film, genre as admin_genre, image as admin_image, invitation, job,
        presentation as admin_presentation, preview_link, profile, settings, storage, track, urgency, user,
        worker,
    },
    app::{App, config::Config},
    auth::{
        account, deletion, forgot_password, identity::Editor, login, oidc, password_change, preferences,
        registration, session,
    },
    cast, category, film, genre, health, heartbeat, history,
    http::{compression::compress, error::ApiError, request::around_request},
    image, metrics, openapi, preview, recommendation, resume, search,
    stream::{self, session as playback_session},
    watchlist,
};

/// Returns the API's router. All its routes begin with `/api`, so that it can be merged into a server's router.
///
/// Login attempts are throttled by client address, so serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(config: Config) -> Router {
    let uploads = ingest::router(config.uploads.clone());
    let app = App::new(config);
    let metrics = Arc::clone(&app.metrics);
    let uploads = uploads.layer(from_fn_with_state(Arc::clone(&app), guard_uploads));
    let (routes, _) = routes().split_for_parts();
    let api = routes
        .route("/admin/uploads", get(file::list_uploads))
        .with_state(Arc::clone(&app))
        .nest("/admin/uploads", uploads)
        .fallback(unknown_route)
        .layer(from_fn_with_state(Arc::clone(&app), clear_list_cache))
        .layer(from_fn(compress))
        .layer(from_fn_with_state(Arc::clone(&metrics), around_request));
    // `nest` does not match the prefix followed by only a slash.
    Router::new()
        .nest("/api", api)
        .route("/api/", any(unknown_route).layer(from_fn_with_state(metrics, around_request)))
}

/// Admits only editors to uploads and passes to `ingest` the author for the audit log and a permission check. `ingest` repeats the
/// check before it turns the upload into a master, which may be hours later.
async fn guard_uploads(
    State(app): State<Arc<App>>,
    editor: Editor,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(editor.0.author());
    let editor = Arc::new(editor);
    request.extensions_mut().insert(ingest::Permission::new(move || {
        let (app, editor) = (Arc::clone(&app), Arc::clone(&editor));
        async move { Ok(editor.is_still_allowed(&app).await?) }
    }));
    next.run(request).await
}

/// Clears the list cache after every successful request that changes something under `/admin/`, so that this process shows an edit
/// at once.
async fn clear_list_cache(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let may_edit = !request.method().is_safe() && request.uri().path().starts_with("/admin/");
    let response = next.run(request).await;
    if may_edit && response.status().is_success() {
        app.list_cache.clear();
    }
    response
}

async fn unknown_route() -> ApiError {
    ApiError::NotFound("There is no route with this path.")
}

/// Returns the OpenAPI document as indented JSON with a final newline; committed as `clients/api-client/openapi.json`.
pub fn openapi_json() -> String {
    openapi::describe(routes())
}

/// Returns this OpenAPI document.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses(
    (status = 200, description = "The OpenAPI document", body = serde_json::Value),
))]
async fn get_openapi() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(openapi_json);
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], DOCUMENT.as_str())
}

/// Returns the routes, relative to `/api`, with their description. `admin/upload.rs` describes the routes of `ingest`, and with them
/// the list of uploads, which has the same path.
fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(login::login_session))
        .routes(routes!(login::refresh_session))
        .routes(routes!(login::logout_session))
        .routes(routes!(session::logout_everywhere))
        .routes(routes!(session::list_sessions))
        .routes(routes!(session::end_session))
        .routes(routes!(registration::get_login_options))
        .routes(routes!(registration::register_account))
        .routes(routes!(password_change::change_password))
        .routes(routes!(password_change::reset_password))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(oidc::begin_oidc_login))
        .routes(routes!(oidc::finish_oidc_login))
        .routes(routes!(account::get_me, account::update_me))
        .routes(routes!(preferences::get_preferences, preferences::set_preferences))
        .routes(routes!(account_data::get_account_data))
        .routes(routes!(deletion::delete_account))
        .routes(routes!(film::list_films))
        .routes(routes!(film::get_film))
        .routes(routes!(film::list_film_facets))
        .routes(routes!(search::search_films))
        .routes(routes!(search::list_suggestions))
        .routes(routes!(stream::authorize_stream))
        .routes(routes!(playback_session::list_playback_sessions))
        .routes(routes!(playback_session::end_playback_session))
        .routes(routes!(playback_session::renew_playback_session))
        .routes(routes!(preview::get_preview))
        .routes(routes!(preview::authorize_preview_stream))
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
        .routes(routes!(genre::list_genres))
        .routes(routes!(genre::get_genre))
        .routes(routes!(category::list_categories))
        .routes(routes!(category::get_category))
        .routes(routes!(cast::list_cast))
        .routes(routes!(cast::get_person))
        .routes(routes!(admin_film::get_admin_film, admin_film::update_film, admin_film::delete_film))
        .routes(routes!(admin_film::restore_film))
        .routes(routes!(admin_film::purge_film))
        .routes(routes!(admin_genre::list_admin_genres, admin_genre::create_genre))
        .routes(routes!(admin_genre::get_admin_genre, admin_genre::update_genre, admin_genre::delete_genre))
        .routes(routes!(admin_genre::merge_genre))
        .routes(routes!(admin_cast::list_admin_cast, admin_cast::create_person))
        .routes(routes!(admin_cast::get_admin_person, admin_cast::update_person, admin_cast::delete_person))
        .routes(routes!(admin_cast::merge_person))
        .routes(routes!(admin_category::list_admin_categories, admin_category::create_category))
        .routes(routes!(
            admin_category::get_admin_category,
            admin_category::update_category,
            admin_category::delete_category
        ))
        .routes(routes!(admin_category::list_category_films, admin_category::order_category_films))
        .routes(routes!(
            admin_image::list_film_images,
            admin_image::add_film_image,
            admin_image::order_film_images
        ))
        .routes(routes!(
            admin_image::list_person_images,
            admin_image::add_person_image,
            admin_image::order_person_images
        ))
        .routes(routes!(admin_image::delete_image))
        .routes(routes!(admin_image::set_image_focus))
        .routes(routes!(image::get_image))
        .routes(routes!(catalogue::export_catalogue, catalogue::import_catalogue))
        .routes(routes!(audit::list_audit))
        .routes(routes!(storage::list_storage))
        .routes(routes!(desk::get_desk))
        .routes(routes!(figure::list_figures))
        .routes(routes!(settings::list_settings))
        .routes(routes!(event::watch_film))
        .routes(routes!(event::watch_work))
        .routes(routes!(track::list_tracks))
        .routes(routes!(track::order_tracks))
        .routes(routes!(track::update_track, track::delete_track))
        .routes(routes!(track::add_subtitle))
        .routes(routes!(track::discard_unfinished_dub))
        .routes(routes!(track::get_subtitle, track::replace_subtitle))
        .routes(routes!(track::list_cues, track::add_cue))
        .routes(routes!(track::update_cue, track::remove_cue))
        .routes(routes!(admin_presentation::list_presentations))
        .routes(routes!(admin_presentation::show_presentation))
        .routes(routes!(preview_link::list_preview_links, preview_link::create_preview_link))
        .routes(routes!(preview_link::revoke_preview_link))
        .routes(routes!(file::list_files))
        .routes(routes!(file::delete_file))
        .routes(routes!(file::encode_file))
        .routes(routes!(build::list_builds))
        .routes(routes!(build::delete_build))
        .routes(routes!(build::cancel_build))
        .routes(routes!(build::publish_build))
        .routes(routes!(job::list_jobs))
        .routes(routes!(job::get_job))
        .routes(routes!(job::retry_job))
        .routes(routes!(job::cancel_job))
        .routes(routes!(urgency::set_job_urgency))
        .routes(routes!(profile::list_profiles))
        .routes(routes!(user::list_users))
        .routes(routes!(user::get_user, user::update_user))
        .routes(routes!(user::create_reset_link))
        .routes(routes!(user::list_user_sessions, user::end_user_sessions))
        .routes(routes!(user::end_user_session))
        .routes(routes!(invitation::list_invitations, invitation::create_invitation))
        .routes(routes!(invitation::withdraw_invitation))
        .routes(routes!(worker::list_workers, worker::create_worker))
        .routes(routes!(worker::revoke_worker))
        .routes(routes!(health::get_health_live))
        .routes(routes!(health::get_health_ready))
        .routes(routes!(metrics::get_metrics))
        .routes(routes!(get_openapi))
}
