//! E-mails to users: links that set a password, and invitations. Nang sends them through the mail server in the settings; without
//! one it sends none, and admins pass links on themselves.

pub(crate) mod template;

use std::{sync::Arc, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::Error as SmtpError,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use self::template::Email;

/// Maximum time for handing one e-mail over to the mail server.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Maximum number of e-mails that are sent in the background at the same time; further ones are dropped.
const MAX_QUEUED: usize = 200;
/// Delays before the retries of an e-mail that the mail server temporarily refused.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(10), Duration::from_mins(1)];

/// Waits at most `timeout` for the e-mails that are being sent when the server stops, and drops the others. Returns the number of
/// dropped e-mails.
pub async fn finish_emails(emails: &TaskTracker, timeout: Duration) -> usize {
    emails.close();
    let dropped = match tokio::time::timeout(timeout, emails.wait()).await {
        Ok(()) => 0,
        Err(_) => emails.len(),
    };
    if dropped > 0 {
        warn!(
            letters = dropped,
            "Dropped e-mails that the mail server did not accept before this server stopped"
        );
    }
    dropped
}

/// The mail server and the sender of e-mails.
#[derive(Clone)]
pub struct MailConfig {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why the settings of the mail server are invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMail {
    /// The URL is invalid.
    #[error(
        "must look like smtps://user:password@mail.example.la or smtp://user:password@mail.example.la:587: {0}"
    )]
    Url(String),
    /// The sender is invalid.
    #[error("must be an e-mail address such as films@example.la, or Films <films@example.la>: {0}")]
    From(String),
}

impl MailConfig {
    /// Checks the settings without connecting. `smtps://` encrypts from the beginning. `smtp://` requires STARTTLS, except for a mail
    /// server on this machine; with `?tls=opportunistic` at the end of the URL, STARTTLS is used only if the mail server supports it.
    pub fn new(url: &str, from: &str) -> Result<Self, InvalidMail> {
        let from = from.parse::<Mailbox>().map_err(|error| InvalidMail::From(error.to_string()))?;
        let url = if url.starts_with("smtp://") && !url.contains("tls=") && !is_local(url) {
            format!("{url}{}tls=required", if url.contains('?') { '&' } else { '?' })
        } else {
            url.to_owned()
        };
        // The error must not contain the URL, which may contain a password.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|_| InvalidMail::Url("it is not a valid URL of a mail server".to_owned()))?;
        Ok(Self { transport: builder.timeout(Some(TIMEOUT)).build(), from })
    }

    /// Connects to the mail server, logs in if the URL has an account, and sends nothing.
    pub async fn test_connection(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("it accepted the connection and then did not answer".to_owned()),
            Err(error) => Err(with_causes(&error)),
        }
    }
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailConfig from {}", self.from)
    }
}

/// Returns the error's text with that of its causes.
fn with_causes(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Whether the mail server is on this machine, so that the connection needs no encryption.
fn is_local(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

/// Sends e-mails.
#[derive(Clone)]
pub(crate) struct Mailer {
    config: MailConfig,
    queue: Arc<Semaphore>,
    emails: TaskTracker,
    shutdown: CancellationToken,
}

impl Mailer {
    pub(crate) fn new(config: MailConfig, emails: TaskTracker, shutdown: CancellationToken) -> Self {
        Self { config, queue: Arc::new(Semaphore::new(MAX_QUEUED)), emails, shutdown }
    }

    /// Sends an e-mail while a request waits. Returns whether the mail server accepted it; the log has the reason if it did not.
    pub(crate) async fn deliver(&self, email: Email) -> bool {
        let Some(message) = self.message(email) else { return false };
        match self.send(message).await {
            Ok(()) => true,
            Err(error) => {
                warn!(%error, "The mail server did not accept an e-mail; it was not sent");
                false
            }
        }
    }

    /// Creates and sends an e-mail in the background, so that the duration of the request reveals nothing. Drops the e-mail if too
    /// many are queued, or if the mail server does not accept it.
    pub(crate) fn deliver_later(&self, create: impl Future<Output = Option<Email>> + Send + 'static) {
        let Ok(permit) = Arc::clone(&self.queue).try_acquire_owned() else {
            warn!("Dropped an e-mail: too many are queued");
            return;
        };
        let mailer = self.clone();
        self.emails.spawn(async move {
            let _permit = permit;
            let Some(message) = create.await.and_then(|email| mailer.message(email)) else { return };
            for delay in RETRY_DELAYS.map(Some).into_iter().chain([None]) {
                match (mailer.send(message.clone()).await, delay) {
                    (Ok(()), _) => {
                        info!("Sent an e-mail");
                        return;
                    }
                    (Err(error), Some(delay)) if !error.is_permanent() => {
                        // If the server is stopping, the next attempt follows at once.
                        mailer.shutdown.run_until_cancelled(tokio::time::sleep(delay)).await;
                    }
                    (Err(error), _) => {
                        warn!(%error, "The mail server did not accept an e-mail; it was not sent");
                        return;
                    }
                }
            }
        });
    }

    async fn send(&self, message: Message) -> Result<(), SmtpError> {
        self.config.transport.send(message).await.map(|_| ())
    }

    fn message(&self, email: Email) -> Option<Message> {
        let to = match email.to.parse() {
            Ok(to) => Mailbox::new(None, to),
            Err(error) => {
                warn!(%error, "Account e-mail address is not deliverable; no e-mail was sent");
                return None;
            }
        };
        let message = Message::builder()
            .from(self.config.from.clone())
            .to(to)
            .subject(email.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(email.text);
        message.inspect_err(|error| warn!(%error, "Cannot compose an e-mail; it was not sent")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidMail, MailConfig, is_local};

    #[test]
    fn invalid_urls_are_refused_without_revealing_their_password() {
        let from = "ໜັງ <films@example.la>";
        for url in ["", "mail.example.la", "http://u:hush@mail.example.la", "smtp://", "smtp://u:hush@h:port"]
        {
            let error = MailConfig::new(url, from).unwrap_err();
            assert!(
                matches!(error, InvalidMail::Url(_)) && !error.to_string().contains("hush"),
                "{url}: {error}"
            );
        }
        for from in ["", "films", "Films <films>", "a@b.la\r\nBcc: c@d.la"] {
            assert!(
                matches!(MailConfig::new("smtps://mail.example.la", from), Err(InvalidMail::From(_))),
                "{from}"
            );
        }
        for url in [
            "smtps://u:p@mail.example.la",
            "smtp://mail.example.la:587?tls=opportunistic",
            "smtp://127.0.0.1:25",
        ] {
            MailConfig::new(url, from).unwrap();
        }
    }

    #[test]
    fn only_this_machine_is_local() {
        for (url, local) in [
            ("smtp://127.0.0.1:25", true),
            ("smtp://u:p@localhost", true),
            ("smtp://[::1]:25/", true),
            ("smtp://localhost.example.la", false),
            ("smtp://127.0.0.1:25@mail.example.la", false),
            ("smtp://mail.example.la/?localhost", false),
        ] {
            assert_eq!(is_local(url), local, "{url}");
        }
    }
}
