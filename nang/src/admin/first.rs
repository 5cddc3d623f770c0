//! The first admin: its password is in the settings, or is generated and shown once.

use anyhow::{Context, bail, ensure};
use db::{Db, user};
use domain::id::UserId;
use uuid::Uuid;

use crate::{secrets::random_hex, settings::Settings};

/// A new admin account with a generated password.
pub(crate) struct FreshAdmin {
    /// E-mail address.
    pub(crate) email: String,
    /// Password, which is shown only once.
    pub(crate) password: String,
}

/// Creates the first admin if there is no admin. Returns the account if its password was generated and must be shown.
pub(crate) async fn ensure_admin(db: &Db, settings: &Settings) -> anyhow::Result<Option<FreshAdmin>> {
    if user::count_admins(db).await? > 0 {
        return Ok(None);
    }
    let given = settings.first_admin_password()?;
    if let Some(Err(why)) = given.as_deref().map(api::password::check_new) {
        bail!("admin_password (NANG_ADMIN_PASSWORD) {why}");
    }
    let email = settings.admin_email.clone().unwrap_or_else(|| "admin@localhost".to_owned()).to_lowercase();
    ensure!(
        email.contains('@'),
        "admin_email (NANG_ADMIN_EMAIL) is {email:?}, which is not an e-mail address"
    );
    let password = match &given {
        Some(password) => password.clone(),
        None => random_hex::<10>()?,
    };
    let password_hash =
        api::password::hash(password.clone()).await.context("cannot hash the first admin's password")?;
    user::create(
        db,
        user::NewUser {
            id: UserId(Uuid::now_v7()),
            email: email.clone(),
            password_hash,
            role: user::Role::Admin,
            display_name: "Admin".to_owned(),
        },
    )
    .await
    .context("cannot create the first admin")?;
    Ok(given.is_none().then_some(FreshAdmin { email, password }))
}
