//! The address, the public URL, proxies, and the mail server.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Client, redirect::Policy};
use serde_json::Value;
use tokio::net::TcpListener;

use super::finding::Finding;
use crate::settings::Settings;

/// Time limit of a request.
const LIMIT: Duration = Duration::from_secs(8);

/// What answers at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nang, and it is ready.
    Ready,
    /// Nang, which is not ready: why.
    NotReady(String),
    /// A redirection to this address.
    Redirect(String),
    /// An HTTP server that does not lead to Nang: its status.
    Other(u16),
    /// No HTTP server: why.
    Silent(String),
}

/// Asks whether Nang is ready. `host` replaces the name in the URL, as a proxy on this machine sees it.
pub(super) async fn ask(base: &str, host: Option<&str>) -> Answer {
    let client = Client::builder().timeout(LIMIT).redirect(Policy::none()).no_proxy().build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return Answer::Silent(error.to_string()),
    };
    let mut request = client.get(format!("{}/api/health/ready", base.trim_end_matches('/')));
    if let Some(host) = host {
        request = request.header(reqwest::header::HOST, host);
    }
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Answer::Silent(causes(&error)),
    };
    let status = response.status();
    if status.is_redirection() {
        let to = response.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok());
        return Answer::Redirect(to.unwrap_or_default().to_owned());
    }
    let body: Value = response.json().await.unwrap_or_default();
    match (status.as_u16(), body["status"].as_str(), body["title"].as_str()) {
        (200, Some("ok"), _) => Answer::Ready,
        (503, _, Some("Not ready")) => {
            Answer::NotReady(body["detail"].as_str().unwrap_or_default().trim_end_matches('.').to_owned())
        }
        (status, ..) => Answer::Other(status),
    }
}

/// An error with its causes, because reqwest's own text does not name them.
fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

/// The address to listen on: free, or Nang answers there.
pub(super) async fn address(settings: &Settings) -> Finding {
    let listen = settings.listen;
    if listen.port() == 0 {
        return Finding::ok("address", "Nang chooses a free port at its start");
    }
    match TcpListener::bind(listen).await {
        Ok(_) => Finding::warning(
            "address",
            format!("no program listens on {listen}, so Nang does not run"),
            "start it (`systemctl start nang`), and read its log if it ends again (`journalctl -u nang`)",
        ),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => answer_at(listen).await,
        Err(error) => Finding::wrong(
            "address",
            format!("cannot listen on {listen}: {error}"),
            "choose another address with listen (NANG_LISTEN); ports below 1024 need the capability CAP_NET_BIND_SERVICE",
        ),
    }
}

async fn answer_at(listen: SocketAddr) -> Finding {
    let mut local = listen;
    if local.ip().is_unspecified() {
        local.set_ip(if local.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    match ask(&format!("http://{local}"), None).await {
        Answer::Ready => Finding::ok("address", format!("Nang answers on {listen} and is ready")),
        Answer::NotReady(why) => Finding::wrong(
            "address",
            format!("Nang answers on {listen} and is not ready: {why}"),
            "see the other checks",
        ),
        Answer::Other(404) => {
            Finding::ok("address", format!("a server without an API, as `nang origin`, answers on {listen}"))
        }
        Answer::Redirect(_) | Answer::Other(_) | Answer::Silent(_) => Finding::wrong(
            "address",
            format!("another program uses {listen}"),
            "stop that program (`ss -ltnp` names it), or choose another address with listen (NANG_LISTEN)",
        ),
    }
}

/// Whether the public URL leads to Nang.
pub(super) async fn public_url(settings: &Settings) -> Finding {
    const CHECK: &str = "public_url";
    let Some(url) = &settings.public_url else {
        return Finding::warning(
            CHECK,
            "not set, so cookies are not Secure, and links in previews and e-mails lack the address",
            "set public_url (NANG_PUBLIC_URL) to the address in browsers, such as https://films.example.la",
        );
    };
    let mend = "check its DNS name, its certificate, and that the proxy forwards to Nang";
    match ask(url, None).await {
        Answer::Ready if url.starts_with("http://") => Finding::warning(
            CHECK,
            format!("{url} leads to Nang, without encryption: passwords and tokens can be read on the way"),
            "add TLS to the proxy (`certbot --nginx`) and use https:// in public_url (NANG_PUBLIC_URL)",
        ),
        Answer::Ready => Finding::ok(CHECK, format!("{url} leads to Nang")),
        Answer::NotReady(why) => Finding::warning(
            CHECK,
            format!("{url} leads to Nang, which is not ready: {why}"),
            "see the other checks",
        ),
        Answer::Redirect(to) => Finding::warning(
            CHECK,
            format!("{url} redirects to {to}"),
            "set public_url (NANG_PUBLIC_URL) to the address that browsers end at",
        ),
        Answer::Other(status) => Finding::wrong(
            CHECK,
            format!("{url} does not lead to Nang: it answers with status {status}"),
            mend,
        ),
        Answer::Silent(why) => {
            Finding::wrong(CHECK, format!("{url} cannot be reached from this machine: {why}"), mend)
        }
    }
}

/// Whether Nang believes its proxies, and only them.
pub(super) fn proxies(settings: &Settings) -> Finding {
    const CHECK: &str = "proxies";
    let is_local = settings.listen.ip().to_canonical().is_loopback();
    match settings.proxies() {
        Err(error) => {
            Finding::wrong(CHECK, format!("{error:#}"), "correct trusted_proxies (NANG_TRUSTED_PROXIES)")
        }
        Ok(named) if !named.is_empty() => {
            let named: Vec<_> = named.iter().map(ToString::to_string).collect();
            Finding::ok(CHECK, format!("X-Forwarded-For is believed from {}", named.join(", ")))
        }
        Ok(_) if is_local => Finding::ok(CHECK, "X-Forwarded-For is believed from proxies on this machine"),
        Ok(_) if settings.country_header.is_some() => Finding::wrong(
            CHECK,
            "country_header (NANG_COUNTRY_HEADER) is set, and no proxy is trusted, so limited films play nowhere",
            "set trusted_proxies (NANG_TRUSTED_PROXIES) to the addresses from which your proxy or CDN connects",
        ),
        Ok(_) if settings.public_url.as_deref().is_some_and(|url| url.starts_with("https://")) => {
            Finding::warning(
                CHECK,
                "the public URL is https, so a proxy is in front of Nang, and none is trusted: all its clients share one limit on \
             login attempts",
                "set trusted_proxies (NANG_TRUSTED_PROXIES) to the address from which your proxy connects",
            )
        }
        Ok(_) => Finding::ok(CHECK, "clients connect directly; X-Forwarded-For is ignored"),
    }
}

/// Whether the mail server accepts connections and the account.
pub(super) async fn mail(settings: &Settings) -> Finding {
    match settings.mail() {
        Err(error) => Finding::wrong("mail", format!("{error:#}"), "correct the settings of e-mail"),
        Ok(None) => {
            Finding::ok("mail", "Nang sends no e-mail (smtp_url is not set); admins pass links on themselves")
        }
        Ok(Some(mail)) => match mail.test_connection().await {
            Ok(()) => Finding::ok("mail", "the mail server accepts connections from this machine"),
            Err(error) => Finding::wrong(
                "mail",
                format!("the mail server cannot be used: {error}"),
                "check smtp_url (NANG_SMTP_URL): its name, port, account and password",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, proxies};
    use crate::settings::Settings;

    #[test]
    fn a_proxy_that_is_not_trusted_is_found() {
        let open = Settings { listen: ([0, 0, 0, 0], 8080).into(), ..Settings::default() };
        let https = Settings { public_url: Some("https://films.example.la".to_owned()), ..open.clone() };
        let trusted = Settings { trusted_proxies: "10.0.0.2".to_owned(), ..https.clone() };
        let countries = Settings { country_header: Some("CF-IPCountry".to_owned()), ..open.clone() };
        for (settings, level) in [
            (Settings::default(), Level::Ok),
            (open, Level::Ok),
            (https, Level::Warning),
            (trusted, Level::Ok),
            (countries, Level::Wrong),
        ] {
            assert_eq!(proxies(&settings).level, level, "{:?}", proxies(&settings));
        }
    }
}
