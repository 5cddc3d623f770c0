//! Endpoints for admins: invitations, with which people create accounts.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::invitation::{self, NewInvitation};
use domain::id::InvitationId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::{account::Role, identity::Admin},
    credential::secret_token::SecretToken,
    http::{
        error::ApiError,
        json::ValidJson,
        path::PathId,
        problem::{FieldProblem, Problem},
        query::ValidQuery,
        responses::{Guarded, WithBody, WithId, WithQuery},
    },
    mail::template,
    page::PageQuery,
};

/// Default validity of an invitation, in days.
const DEFAULT_DAYS: u16 = 7;

/// An invitation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Id of the invitation.
    pub(crate) id: Uuid,
    /// Role of the account.
    pub(crate) role: Role,
    /// The only e-mail address that can use the invitation; null if any address can.
    #[schema(required, examples("noy@films.example.la"))]
    pub(crate) email: Option<String>,
    /// Id of the admin's account that created the invitation; null if it was created on the command line.
    #[schema(required)]
    pub(crate) created_by: Option<Uuid>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the invitation expires.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// When the invitation was used; null if it was not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) used_at: Option<OffsetDateTime>,
    /// Id of the account that was created with the invitation; null if it was not used.
    #[schema(required)]
    pub(crate) used_by: Option<Uuid>,
    /// When the invitation was withdrawn; null if it was not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) withdrawn_at: Option<OffsetDateTime>,
}

/// A new invitation with its link, which is returned only once.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct NewInvitationLink {
    #[serde(flatten)]
    pub(crate) invitation: Invitation,
    /// The token: the value of `invitation` in `POST /api/auth/register`.
    #[schema(examples("6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) token: String,
    /// URL of the page where the recipient registers; only its path if the setting `public_url` is not set.
    #[schema(examples("https://films.example.la/register#6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) url: String,
    /// Whether the mail server accepted the e-mail with the link; null if no e-mail was requested.
    #[schema(required)]
    pub(crate) mailed: Option<bool>,
}

/// One page of invitations, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct InvitationPage {
    /// The invitations.
    pub(crate) items: Vec<Invitation>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A new invitation.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "editor", "email": "noy@films.example.la", "days": 7 }))]
pub(crate) struct CreateInvitation {
    /// Role of the account.
    #[garde(skip)]
    role: Role,
    /// The only e-mail address that can use the invitation; any address can if omitted.
    #[schema(format = "email", max_length = 254)]
    #[garde(inner(email, length(max = 254)))]
    email: Option<String>,
    /// Validity in days, 1 to 90; default 7.
    #[schema(minimum = 1, maximum = 90)]
    #[garde(range(min = 1, max = 90))]
    days: Option<u16>,
    /// Whether to send the link to `email`; default false.
    #[garde(skip)]
    send_mail: Option<bool>,
}

/// Lists all invitations, newest first, including used, expired and withdrawn ones.
#[utoipa::path(get, path = "/admin/invitations", tag = "admin", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of invitations", body = InvitationPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_invitations(
    State(app): State<Arc<App>>,
    _: Admin,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<InvitationPage>, ApiError> {
    let page = query.page()?;
    let invitations = invitation::list(&app.db, page.after, page.rows()).await?;
    let (invitations, next_cursor) = page.cut(invitations, invitation::Invitation::cursor);
    Ok(Json(InvitationPage { items: invitations.into_iter().map(Invitation::from).collect(), next_cursor }))
}

/// Creates an invitation, with which one account can be created.
///
/// The link is only in this response.
#[utoipa::path(post, path = "/admin/invitations", tag = "admin", security(("bearer" = [])), request_body = CreateInvitation, responses(
    (status = 201, description = "The invitation was created; the link cannot be read again", body = NewInvitationLink),
    (status = 409, description = "The address already has an account, or `send_mail` is true and this server sends no e-mail", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody,
))]
pub(crate) async fn create_invitation(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    ValidJson(create): ValidJson<CreateInvitation>,
) -> Result<(StatusCode, Json<NewInvitationLink>), ApiError> {
    let mail_to = match (create.send_mail.unwrap_or_default(), &create.email) {
        (false, _) => None,
        (true, Some(email)) => Some((app.mailer()?, email.clone())),
        (true, None) => {
            let detail = "is required if send_mail is true".to_owned();
            return Err(ApiError::Invalid(vec![FieldProblem { field: "email".to_owned(), detail }]));
        }
    };
    let token = SecretToken::new();
    let new = NewInvitation {
        id: InvitationId(app.new_id()),
        token_hash: token.hash(),
        role: create.role.into(),
        email: create.email,
        expires_at: app.now() + Duration::days(create.days.unwrap_or(DEFAULT_DAYS).into()),
    };
    let created = invitation::create(&app.db, &admin.author(), new).await?;
    info!(
        invitation.id = %created.id, admin.id = %admin.account.id, role = %created.role,
        "Created an invitation"
    );
    let token = token.to_text();
    // The token is in the fragment, which browsers send to no server, so it reaches no log.
    let url = app.page_url(&format!("/register#{token}"));
    let mailed = match mail_to {
        Some((mailer, to)) => Some(mailer.deliver(template::invitation(to, &url, created.expires_at)).await),
        None => None,
    };
    Ok((StatusCode::CREATED, Json(NewInvitationLink { invitation: created.into(), token, url, mailed })))
}

/// Withdraws an invitation that was not used.
#[utoipa::path(delete, path = "/admin/invitations/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The invitation")), responses(
    (status = 204, description = "The invitation was withdrawn"),
    (status = 409, description = "The invitation was used", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn withdraw_invitation(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    PathId(id): PathId<InvitationId>,
) -> Result<StatusCode, ApiError> {
    invitation::withdraw(&app.db, &admin.author(), id).await?;
    info!(invitation.id = %id, admin.id = %admin.account.id, "Withdrew an invitation");
    Ok(StatusCode::NO_CONTENT)
}

impl From<invitation::Invitation> for Invitation {
    fn from(invitation: invitation::Invitation) -> Self {
        Self {
            id: invitation.id.0,
            role: invitation.role.into(),
            email: invitation.email,
            created_by: invitation.created_by.map(|id| id.0),
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            used_at: invitation.used_at,
            used_by: invitation.used_by.map(|id| id.0),
            withdrawn_at: invitation.withdrawn_at,
        }
    }
}
