//! The settings in force, for admins to read.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::identity::Admin,
    http::{error::ApiError, responses::Guarded},
};

/// A setting.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Setting {
    /// Name of the setting, the key in `nang.toml`. Its variable is `NANG_` and the name in capitals.
    #[schema(examples("max_streams_per_account"))]
    pub(crate) key: String,
    /// Value in force; `***` for a secret that is set, null for a setting that is not set.
    #[schema(required, value_type = Value, examples(4))]
    pub(crate) value: serde_json::Value,
    /// Whether it has its default value.
    pub(crate) is_default: bool,
}

/// The settings in force.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// Version of this server.
    #[schema(examples("0.5.0"))]
    pub(crate) server_version: String,
    /// The settings by name.
    pub(crate) items: Vec<Setting>,
}

/// Returns the settings in force in the process that responds. Secrets are masked.
#[utoipa::path(get, path = "/admin/settings", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "The settings", body = Settings),
    Guarded,
))]
pub(crate) async fn list_settings(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Settings>, ApiError> {
    let items = app.settings.iter().map(|setting| Setting {
        key: setting.name.clone(),
        value: setting.value.clone(),
        is_default: setting.is_default,
    });
    Ok(Json(Settings { server_version: env!("CARGO_PKG_VERSION").to_owned(), items: items.collect() }))
}
