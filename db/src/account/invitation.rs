//! Invitations that become accounts.

use domain::id::{InvitationId, UserId};
use time::OffsetDateTime;

use crate::{
    Db, Result,
    rows::{
        invitation::mark_used,
        user::{NewUser, Role, insert_if_free},
    },
};

/// What came of registering with an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The account was made and the invitation is spent.
    Accepted(UserId),
    /// There is an account with this address; the invitation is still good.
    AddressInUse,
    /// It is unknown, spent, withdrawn, too old or for another address.
    NotInvited,
}

/// Makes the account, with the invitation's role whatever `new` says, and spends the invitation.
pub async fn accept_invitation(
    db: &Db,
    token_hash: &[u8; 32],
    new: NewUser,
    now: OffsetDateTime,
) -> Result<Acceptance> {
    let mut tx = db.begin().await?;
    // Locks it against being used twice at once, and withdrawn meanwhile.
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
