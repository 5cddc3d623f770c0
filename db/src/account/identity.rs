//! Accounts of people that an identity provider vouches for.

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

/// The account of whoever a provider vouches for: the one that is linked to the identity; else the editor's or admin's
/// with the verified address, which is linked now; else one that is made for an open invitation to that address. `new_id`
/// is the made one's. `None` if there is none of these.
///
/// A viewer's account is never linked: with open registration, anybody may have made it with somebody else's address.
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
        // Locks the invitation against being used twice at once, and withdrawn meanwhile.
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
        // A viewer has the address.
        let Some(row) = row else { return Ok(None) };
        mark_used(&mut tx, InvitationId(invitation.id), UserId(row.id)).await?;
        row
    };
    link(&mut tx, claim, row.id).await?;
    tx.commit().await?;
    Ok(Some(row.into()))
}
