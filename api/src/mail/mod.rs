//! Letters to people: links that set a password, and invitations. Sent through the mail server that the settings name; a
//! server without one sends none, and admins hand links over themselves.

pub(crate) mod letter;

use std::{sync::Arc, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::Error as SmtpError,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use self::letter::Letter;

/// Longest that handing one letter over may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Letters that wait or are on their way, written where nobody waits for them; more are given up.
const QUEUE: usize = 200;
/// Before each further attempt at a letter that the mail server would not take now.
const PAUSES: [Duration; 2] = [Duration::from_secs(10), Duration::from_mins(1)];

/// Waits for letters that are on their way when a server stops, `patience` at most. Those that are not gone by then are
/// given up; how many that are.
pub async fn finish_letters(letters: &TaskTracker, patience: Duration) -> usize {
    letters.close();
    let given_up = match tokio::time::timeout(patience, letters.wait()).await {
        Ok(()) => 0,
        Err(_) => letters.len(),
    };
    if given_up > 0 {
        warn!(
            letters = given_up,
            "Gave up letters that the mail server did not take before this server stopped"
        );
    }
    given_up
}

/// The mail server, and whom letters are from.
#[derive(Clone)]
pub struct MailConfig {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why a mail server cannot be used as it is set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMail {
    /// Its address is none.
    #[error(
        "must look like smtps://user:password@mail.example.la or smtp://user:password@mail.example.la:587: {0}"
    )]
    Url(String),
    /// The sender is none.
    #[error("must be an e-mail address such as films@example.la, or Films <films@example.la>: {0}")]
    From(String),
}

impl MailConfig {
    /// `smtps://` encrypts from the beginning, `smtp://` by STARTTLS, without which nothing is sent, but to this machine
    /// itself; `?tls=opportunistic` at its end does without where the mail server cannot. Nothing is connected to yet.
    pub fn new(url: &str, from: &str) -> Result<Self, InvalidMail> {
        let from = from.parse::<Mailbox>().map_err(|error| InvalidMail::From(error.to_string()))?;
        let url = if url.starts_with("smtp://") && !url.contains("tls=") && !is_near(url) {
            format!("{url}{}tls=required", if url.contains('?') { '&' } else { '?' })
        } else {
            url.to_owned()
        };
        // The error must not repeat the address: there is a password in it.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|_| InvalidMail::Url("it is not such an address".to_owned()))?;
        Ok(Self { transport: builder.timeout(Some(TIMEOUT)).build(), from })
    }
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailConfig from {}", self.from)
    }
}

/// Whether nobody can listen on the way.
fn is_near(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|near| host.strip_prefix(near).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

/// Sends letters.
#[derive(Clone)]
pub(crate) struct Mailer {
    config: MailConfig,
    queue: Arc<Semaphore>,
    letters: TaskTracker,
    shutdown: CancellationToken,
}

impl Mailer {
    pub(crate) fn new(config: MailConfig, letters: TaskTracker, shutdown: CancellationToken) -> Self {
        Self { config, queue: Arc::new(Semaphore::new(QUEUE)), letters, shutdown }
    }

    /// Hands a letter over while somebody waits. Whether the mail server took it; why not is in the log.
    pub(crate) async fn deliver(&self, letter: Letter) -> bool {
        let Some(message) = self.message(letter) else { return false };
        match self.send(message).await {
            Ok(()) => true,
            Err(error) => {
                warn!(%error, "The mail server did not take a letter");
                false
            }
        }
    }

    /// Writes a letter and hands it over where nobody waits, so that how long that takes tells nobody anything. Given up
    /// when too many are waiting, or when the mail server will not take it.
    pub(crate) fn deliver_later(&self, write: impl Future<Output = Option<Letter>> + Send + 'static) {
        let Ok(place) = Arc::clone(&self.queue).try_acquire_owned() else {
            warn!("Gave up a letter: too many are waiting");
            return;
        };
        let mailer = self.clone();
        self.letters.spawn(async move {
            let _place = place;
            let Some(message) = write.await.and_then(|letter| mailer.message(letter)) else { return };
            for pause in PAUSES.map(Some).into_iter().chain([None]) {
                match (mailer.send(message.clone()).await, pause) {
                    (Ok(()), _) => {
                        info!("Sent a letter");
                        return;
                    }
                    (Err(error), Some(pause)) if !error.is_permanent() => {
                        // A server that stops has no time to wait: now or never.
                        mailer.shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
                    }
                    (Err(error), _) => {
                        warn!(%error, "The mail server did not take a letter");
                        return;
                    }
                }
            }
        });
    }

    async fn send(&self, message: Message) -> Result<(), SmtpError> {
        self.config.transport.send(message).await.map(|_| ())
    }

    fn message(&self, letter: Letter) -> Option<Message> {
        let to = match letter.to.parse() {
            Ok(to) => Mailbox::new(None, to),
            Err(error) => {
                warn!(%error, "An account's address is none that letters can be sent to");
                return None;
            }
        };
        let message = Message::builder()
            .from(self.config.from.clone())
            .to(to)
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text);
        message.inspect_err(|error| warn!(%error, "A letter cannot be written")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidMail, MailConfig, is_near};

    #[test]
    fn an_address_that_is_none_is_refused_without_telling_its_password() {
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
    fn only_this_machine_is_near() {
        for (url, near) in [
            ("smtp://127.0.0.1:25", true),
            ("smtp://u:p@localhost", true),
            ("smtp://[::1]:25/", true),
            ("smtp://localhost.example.la", false),
            ("smtp://127.0.0.1:25@mail.example.la", false),
            ("smtp://mail.example.la/?localhost", false),
        ] {
            assert_eq!(is_near(url), near, "{url}");
        }
    }
}
