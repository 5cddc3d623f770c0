//! Invitations, by which admins let people make accounts.

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
    mail::letter,
    page::PageQuery,
};

/// How long an invitation holds that does not say.
const DEFAULT_DAYS: u16 = 7;

/// An invitation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Its id.
    pub(crate) id: Uuid,
    /// What the account may do.
    pub(crate) role: Role,
    /// The only address it is good for; null: any.
    #[schema(required, examples("noy@films.example.la"))]
    pub(crate) email: Option<String>,
    /// The admin who made it.
    #[schema(required)]
    pub(crate) created_by: Option<Uuid>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// Until when it can be used.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// When it was used.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) used_at: Option<OffsetDateTime>,
    /// The account that was made with it.
    #[schema(required)]
    pub(crate) used_by: Option<Uuid>,
    /// When it was withdrawn.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) withdrawn_at: Option<OffsetDateTime>,
}

/// An invitation with its link, which is shown here and nowhere else.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct NewInvitationLink {
    #[serde(flatten)]
    pub(crate) invitation: Invitation,
    /// What `POST /api/auth/register` takes as `invitation`.
    #[schema(examples("6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) token: String,
    /// The page to send to whom it is for; without a `public_url`, its path alone.
    #[schema(examples("https://films.example.la/register#6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) url: String,
    /// Whether the mail server took a letter with it; null when none was to be sent.
    #[schema(required)]
    pub(crate) mailed: Option<bool>,
}

/// One page of invitations, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct InvitationPage {
    /// The invitations.
    pub(crate) items: Vec<Invitation>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// An invitation to be made.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "editor", "email": "noy@films.example.la", "days": 7 }))]
pub(crate) struct CreateInvitation {
    /// What the account may do.
    #[garde(skip)]
    role: Role,
    /// The only address it is good for; any if not given.
    #[schema(format = "email", max_length = 254)]
    #[garde(inner(email, length(max = 254)))]
    email: Option<String>,
    /// How long it holds; 7 if not given.
    #[schema(minimum = 1, maximum = 90)]
    #[garde(range(min = 1, max = 90))]
    days: Option<u16>,
    /// Whether to send it to `email` as well; not, if not given.
    #[garde(skip)]
    send_mail: Option<bool>,
}

/// Lists invitations, newest first, spent and withdrawn ones included.
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

/// Makes an invitation. Its link is shown once, and makes one account.
#[utoipa::path(post, path = "/admin/invitations", tag = "admin", security(("bearer" = [])), request_body = CreateInvitation, responses(
    (status = 201, description = "Made; the link is not shown again", body = NewInvitationLink),
    (status = 409, description = "The address has an account, or it is to be mailed and this server sends no mail", body = Problem, content_type = "application/problem+json"),
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
            let detail = "is needed to send it to".to_owned();
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
    let made = invitation::create(&app.db, &admin.author(), new).await?;
    info!(invitation.id = %made.id, admin.id = %admin.account.id, role = %made.role, "Made an invitation");
    let token = token.to_text();
    // After the #, so that a browser sends it to no server and no log has it.
    let url = app.page_url(&format!("/register#{token}"));
    let mailed = match mail_to {
        Some((mailer, to)) => Some(mailer.deliver(letter::invitation(to, &url, made.expires_at)).await),
        None => None,
    };
    Ok((StatusCode::CREATED, Json(NewInvitationLink { invitation: made.into(), token, url, mailed })))
}

/// Withdraws an invitation that has not been used.
#[utoipa::path(delete, path = "/admin/invitations/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The invitation")), responses(
    (status = 204, description = "Withdrawn"),
    (status = 409, description = "It has been used", body = Problem, content_type = "application/problem+json"),
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
