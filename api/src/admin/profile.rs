//! The encoding profiles of films.

use axum::Json;
use domain::profile::Profile;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{auth::identity::Editor, http::responses::Guarded};

/// An encoding profile.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EncodingProfile {
    /// Name of the profile, as in `profile` of films.
    #[schema(examples("default"))]
    pub(crate) name: String,
    /// Purpose of the profile.
    pub(crate) description: String,
}

/// All encoding profiles.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EncodingProfileList {
    /// The profiles.
    pub(crate) items: Vec<EncodingProfile>,
    /// Always null: the list has a single page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the encoding profiles.
#[utoipa::path(get, path = "/admin/profiles", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "All encoding profiles", body = EncodingProfileList),
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
