//! A mail server on this machine: a socket, and SMTP by the crate `mailin`. It requires a password and keeps what it receives.

use std::{io, net::SocketAddr};

use base64::{Engine, engine::general_purpose::STANDARD};
use mailin::{Action, AuthMechanism, Handler, Response, SessionBuilder, response};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

pub const USER: &str = "films";
pub const PASSWORD: &str = "hush-hush";

pub struct MailServer {
    pub address: SocketAddr,
    emails: UnboundedReceiver<Email>,
}

/// An e-mail as received.
#[derive(Clone, Debug, Default)]
pub struct Email {
    pub from: String,
    pub to: Vec<String>,
    raw: Vec<u8>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, emails) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                tokio::spawn(serve(stream, peer, sender.clone()));
            }
        });
        Self { address, emails }
    }

    pub fn config(&self) -> api::MailConfig {
        let url = format!("smtp://{USER}:{PASSWORD}@{}", self.address);
        api::MailConfig::new(&url, "ໜັງ <films@films.example.la>").unwrap()
    }

    /// Waits for the next e-mail.
    pub async fn next(&mut self) -> Email {
        self.emails.recv().await.unwrap()
    }

    pub fn is_empty(&self) -> bool {
        self.emails.is_empty()
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, sender: UnboundedSender<Email>) {
    let mut builder = SessionBuilder::new("mail.films.example.la");
    builder.enable_auth(AuthMechanism::Plain).insecure_enable_plaintext_auth();
    let mut session = builder.build(peer.ip(), Mailbox { sender, allowed: false, email: Email::default() });
    let mut stream = BufStream::new(stream);
    let mut answer = session.greeting();
    loop {
        if answer.action != Action::NoReply {
            stream.write_all(&answer.buffer().unwrap()).await.unwrap();
            stream.flush().await.unwrap();
        }
        let mut line = Vec::new();
        if answer.action == Action::Close || stream.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
            return;
        }
        answer = session.process(&line);
    }
}

struct Mailbox {
    sender: UnboundedSender<Email>,
    allowed: bool,
    email: Email,
}

impl Handler for Mailbox {
    fn auth_plain(&mut self, _: &str, user: &str, password: &str) -> Response {
        self.allowed = (user, password) == (USER, PASSWORD);
        if self.allowed { response::AUTH_OK } else { response::INVALID_CREDENTIALS }
    }

    fn data_start(&mut self, _: &str, from: &str, _: bool, to: &[String]) -> Response {
        if !self.allowed {
            return response::NO_SERVICE;
        }
        self.email = Email { from: from.to_owned(), to: to.to_vec(), raw: Vec::new() };
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.email.raw.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let _ = self.sender.send(std::mem::take(&mut self.email));
        response::OK
    }
}

impl Email {
    /// Its text, which must be base64: the encoding in which text with much Lao is sent.
    pub fn text(&self) -> String {
        let raw = String::from_utf8(self.raw.clone()).unwrap();
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        let head = head.to_lowercase();
        assert!(head.contains("content-transfer-encoding: base64"), "{head}");
        assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
        let packed: String = body.split_whitespace().collect();
        String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap()
    }

    /// The only link in its text.
    pub fn link(&self) -> String {
        let text = self.text();
        let links: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("https://")).collect();
        assert_eq!(links.len(), 1, "{text}");
        links[0].to_owned()
    }
}
