//! Who an account's owner is to an identity provider.

use uuid::Uuid;

use crate::{Result, Tx};

/// What a provider says of somebody.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The provider.
    pub issuer: String,
    /// Its own name for them.
    pub subject: String,
    /// Their address, if the provider has made sure that it is theirs.
    pub verified_email: Option<String>,
    /// Their name, for an account that is made.
    pub display_name: String,
}

/// Links the account to the person of the claim.
pub(crate) async fn link(tx: &mut Tx, claim: &Claim, user: Uuid) -> Result<()> {
    sqlx::query!(
        // Two logins at once may both be the first.
        "INSERT INTO identities (issuer, subject, user_id) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT identities_pkey DO NOTHING",
        claim.issuer,
        claim.subject,
        user,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
