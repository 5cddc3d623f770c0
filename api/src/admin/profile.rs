//! The encoding profiles a film can be made with.

use axum::Json;
use domain::profile::Profile;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{auth::identity::Editor, http::responses::Guarded};

/// An encoding profile.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EncodingProfile {
    /// Its name, as films refer to it.
    #[schema(examples("default"))]
    pub(crate) name: String,
    /// What it is for.
    pub(crate) description: String,
}

/// All profiles.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EncodingProfileList {
    /// The profiles.
    pub(crate) items: Vec<EncodingProfile>,
    /// Always null: the list is short.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the encoding profiles.
#[utoipa::path(get, path = "/admin/profiles", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "The profiles", body = EncodingProfileList),
    Guarded,
))]
pub(crate) async fn list_profiles(_: Editor) -> Json<EncodingProfileList> {
    let items = Profile::shipped_names()
        .filter_map(Profile::shipped)
        .map(|profile| EncodingProfile {
            name: profile.name.clone(),
            description: profile.description.clone(),
        })
        .collect();
    Json(EncodingProfileList { items, next_cursor: None })
}
