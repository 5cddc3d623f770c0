//! Accounts created with invitations.

use domain::id::{InvitationId, UserId};
use time::OffsetDateTime;

use crate::{
    Db, Result,
    rows::{
        invitation::mark_used,
        user::{NewUser, Role, insert_if_free},
    },
};

/// The result of registering with an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The account was created and the invitation is used up.
    Accepted(UserId),
    /// An account with this address exists. The invitation stays valid.
    AddressInUse,
    /// The invitation is unknown, used, withdrawn, expired or for another address.
    NotInvited,
}

/// Creates the account and marks the invitation as used. The role is the invitation's; `new.role` is ignored.
pub async fn accept_invitation(
    db: &Db,
    token_hash: &[u8; 32],
    new: NewUser,
    now: OffsetDateTime,
) -> Result<Acceptance> {
    let mut tx = db.begin().await?;
    // Locks the invitation, so that no other transaction uses or withdraws it at the same time.
    let invitation = sqlx::query!(
        r#"SELECT id, role AS "role: Role" FROM invitations
           WHERE token_hash = $1 AND coalesce(email = lower($2), true) AND used_at IS NULL AND withdrawn_at IS NULL
             AND expires_at > $3
           FOR UPDATE"#,
        token_hash.as_slice(),
        new.email,
        now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(invitation) = invitation else { return Ok(Acceptance::NotInvited) };
    let Some(user) = insert_if_free(&mut tx, NewUser { role: invitation.role, ..new }).await? else {
        tx.commit().await?;
        return Ok(Acceptance::AddressInUse);
    };
    mark_used(&mut tx, InvitationId(invitation.id), user).await?;
    tx.commit().await?;
    Ok(Acceptance::Accepted(user))
}
