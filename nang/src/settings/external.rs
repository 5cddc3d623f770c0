//! Settings of external servers: an identity provider and a mail server.

use anyhow::{Context, bail, ensure};
use api::{InvalidMail, MailConfig, OidcConfig};

use super::Settings;

impl Settings {
    pub(super) fn check_oidc(&self) -> anyhow::Result<()> {
        let Some(issuer) = &self.oidc_issuer else {
            ensure!(
                self.oidc_client_id.is_none(),
                "oidc_client_id (NANG_OIDC_CLIENT_ID) is set without oidc_issuer (NANG_OIDC_ISSUER)"
            );
            return Ok(());
        };
        // Nang trusts the provider's statements, so TLS must protect the connection, except to a provider on this machine.
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        ensure!(
            issuer.starts_with("https://") || local.iter().any(|start| issuer.starts_with(start)),
            "oidc_issuer (NANG_OIDC_ISSUER) is {issuer:?}; it must begin with https://"
        );
        ensure!(
            self.oidc_client_id.is_some(),
            "oidc_issuer (NANG_OIDC_ISSUER) needs oidc_client_id (NANG_OIDC_CLIENT_ID)"
        );
        ensure!(
            self.public_url.is_some(),
            "oidc_issuer (NANG_OIDC_ISSUER) needs public_url (NANG_PUBLIC_URL): the provider sends browsers back to it"
        );
        ensure!(
            self.oidc_client_secret.is_none() || self.oidc_client_secret_file.is_none(),
            "oidc_client_secret and oidc_client_secret_file are both set; set only one of them"
        );
        Ok(())
    }

    /// Returns the identity provider, if one is set.
    pub(crate) fn oidc(&self) -> anyhow::Result<Option<OidcConfig>> {
        let (Some(issuer), Some(client_id)) = (&self.oidc_issuer, &self.oidc_client_id) else {
            return Ok(None);
        };
        let client_secret = match &self.oidc_client_secret_file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read oidc_client_secret_file {}", path.display()))?;
                Some(text.trim().to_owned())
            }
            None => self.oidc_client_secret.as_ref().map(|secret| secret.0.clone()),
        };
        let host = issuer.split('/').nth(2).unwrap_or(issuer);
        Ok(Some(OidcConfig {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret,
            display_name: self.oidc_name.clone().unwrap_or_else(|| host.to_owned()),
        }))
    }

    /// Returns the mail server, if one is set.
    pub(crate) fn mail(&self) -> anyhow::Result<Option<MailConfig>> {
        let Some(url) = &self.smtp_url else {
            ensure!(
                self.mail_from.is_none(),
                "mail_from (NANG_MAIL_FROM) is set without smtp_url (NANG_SMTP_URL)"
            );
            return Ok(None);
        };
        let from = self
            .mail_from
            .as_deref()
            .context("smtp_url (NANG_SMTP_URL) needs mail_from (NANG_MAIL_FROM), the sender of e-mails")?;
        ensure!(
            self.public_url.is_some(),
            "smtp_url (NANG_SMTP_URL) needs public_url (NANG_PUBLIC_URL): e-mails contain links to it"
        );
        match MailConfig::new(&url.0, from) {
            Ok(mail) => Ok(Some(mail)),
            Err(error @ InvalidMail::Url(_)) => bail!("smtp_url (NANG_SMTP_URL) {error}"),
            Err(error @ InvalidMail::From(_)) => bail!("mail_from (NANG_MAIL_FROM) is {from:?}; it {error}"),
        }
    }
}
