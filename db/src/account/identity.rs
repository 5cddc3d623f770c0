//! Accounts for identities of an identity provider.

use domain::id::{InvitationId, UserId};
use time::OffsetDateTime;

use crate::{
    Db, Result,
    rows::{
        identity::{Claim, link},
        invitation::mark_used,
        user::{Role, Row, User},
    },
};

/// Returns the account of an identity: the account linked to it; otherwise the editor's or admin's account with the verified
/// e-mail address, which is linked now; otherwise a new account with the id `new_id`, if there is an open invitation to that
/// address. `None` if none of these exists.
///
/// A viewer's account is never linked: with open registration, a stranger may have created it with the person's address.
pub async fn find_or_link(
    db: &Db,
    claim: &Claim,
    new_id: UserId,
    now: OffsetDateTime,
) -> Result<Option<User>> {
    let mut tx = db.begin().await?;
    let linked = sqlx::query_as!(
        Row,
        r#"SELECT users.id, email, password_hash, role AS "role: _", display_name, disabled_at, version, users.created_at
           FROM identities JOIN users ON users.id = identities.user_id WHERE issuer = $1 AND subject = $2"#,
        claim.issuer,
        claim.subject,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(row) = linked {
        return Ok(Some(row.into()));
    }
    let Some(email) = &claim.verified_email else { return Ok(None) };
    let known = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at
           FROM users WHERE email = lower($1) AND role <> 'viewer'"#,
        email,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let row = if let Some(row) = known {
        row
    } else {
        // Locks the invitation, so that no other transaction uses or withdraws it at the same time.
        let invitation = sqlx::query!(
            r#"SELECT id, role AS "role: Role" FROM invitations
               WHERE email = lower($1) AND role <> 'viewer' AND used_at IS NULL AND withdrawn_at IS NULL
                 AND expires_at > $2
               ORDER BY created_at DESC, id DESC LIMIT 1 FOR UPDATE"#,
            email,
            now,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(invitation) = invitation else { return Ok(None) };
        let row = sqlx::query_as!(
            Row,
            r#"INSERT INTO users (id, email, role, display_name) VALUES ($1, lower($2), $3, $4)
               ON CONFLICT ON CONSTRAINT users_email_unique DO NOTHING
               RETURNING id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at"#,
            new_id.0,
            email,
            invitation.role.as_str(),
            claim.display_name,
        )
        .fetch_optional(&mut *tx)
        .await?;
        // A viewer's account has the address.
        let Some(row) = row else { return Ok(None) };
        mark_used(&mut tx, InvitationId(invitation.id), UserId(row.id)).await?;
        row
    };
    link(&mut tx, claim, row.id).await?;
    tx.commit().await?;
    Ok(Some(row.into()))
}
