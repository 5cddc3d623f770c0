//! Links between accounts and identities of an identity provider.

use uuid::Uuid;

use crate::{Result, Tx};

/// What a provider claims about a person.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The provider's issuer URL.
    pub issuer: String,
    /// The provider's id of the person.
    pub subject: String,
    /// The person's e-mail address, if the provider has verified it.
    pub verified_email: Option<String>,
    /// The person's name, for a new account.
    pub display_name: String,
}

/// Links the account to the claimed identity.
pub(crate) async fn link(tx: &mut Tx, claim: &Claim, user: Uuid) -> Result<()> {
    sqlx::query!(
        // Two login attempts at once may both create the link.
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
