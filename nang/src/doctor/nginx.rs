//! NGINX in front of Nang: installed, its configuration valid and with Nang's site, and forwarding.

use std::{path::PathBuf, process::Stdio};

use tokio::process::Command;

use super::{
    finding::Finding,
    web::{Answer, ask},
};
use crate::settings::Settings;

const CHECK: &str = "nginx";

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(program) = installed() else { return vec![absent(settings)] };
    let asked = Command::new(program).arg("-T").stdin(Stdio::null()).output().await;
    let (configuration, printed, is_valid) = match asked {
        Ok(output) => (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
            output.status.success(),
        ),
        Err(error) => {
            return vec![Finding::warning(
                CHECK,
                format!("cannot run nginx: {error}"),
                "install NGINX again",
            )];
        }
    };
    if !is_valid {
        let why = printed.lines().find(|line| line.contains("[emerg]")).unwrap_or(printed.trim());
        if why.contains("Permission denied") {
            return vec![Finding::ok(
                CHECK,
                "installed; this account may not read its configuration, so run this command as root to check it",
            )];
        }
        return vec![Finding::wrong(
            CHECK,
            format!("its configuration is invalid, so it cannot be started or reloaded: {why}"),
            "correct the file and line, then run `nginx -t && systemctl reload nginx`",
        )];
    }
    let mut found = vec![site(&configuration, settings)];
    if found[0].mend.is_none() {
        found.push(forwards(&configuration, settings).await);
    }
    found
}

/// Returns the path of the program, which is often not in the PATH of an account other than root.
fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join("nginx"))
        .find(|program| program.is_file())
}

fn absent(settings: &Settings) -> Finding {
    if settings.listen.ip().to_canonical().is_loopback() && settings.public_url.is_some() {
        return Finding::warning(
            CHECK,
            format!(
                "not installed, and Nang listens on {} only, which other machines cannot reach",
                settings.listen
            ),
            "install it (`apt-get install nginx`) and Nang's site, or let another proxy on this machine forward to Nang",
        );
    }
    Finding::ok(CHECK, "not installed on this machine")
}

/// Whether the configuration forwards to Nang, and the client's address safely.
fn site(configuration: &str, settings: &Settings) -> Finding {
    let forwards = directives(configuration, "server")
        .chain(directives(configuration, "proxy_pass"))
        .any(|to| leads_to(to, settings.listen.port()));
    if !forwards {
        return Finding::warning(
            CHECK,
            format!("its configuration does not forward to {}", settings.listen),
            "copy Nang's nginx/nang.conf to /etc/nginx/conf.d/, change the lines marked CHANGE, and run `nginx -t && systemctl reload \
             nginx`",
        );
    }
    let mut headers = directives(configuration, "proxy_set_header").map(str::to_lowercase);
    if headers
        .any(|header| header.starts_with("x-forwarded-for") && header.contains("$proxy_add_x_forwarded_for"))
    {
        return Finding::warning(
            CHECK,
            "it passes X-Forwarded-For of clients on ($proxy_add_x_forwarded_for), so a client can choose the address that Nang sees",
            "use `proxy_set_header X-Forwarded-For $remote_addr;`",
        );
    }
    let mut headers = directives(configuration, "proxy_set_header").map(str::to_lowercase);
    if !headers.any(|header| header.starts_with("x-forwarded-for")) {
        return Finding::warning(
            CHECK,
            "it does not send X-Forwarded-For, so all clients share one limit on login attempts",
            "add `proxy_set_header X-Forwarded-For $remote_addr;` to its server",
        );
    }
    Finding::ok(CHECK, "its configuration is valid and forwards to Nang")
}

/// Asks Nang through NGINX, as a browser would.
async fn forwards(configuration: &str, settings: &Settings) -> Finding {
    let host = settings.public_url.as_deref().and_then(|url| url.split("://").nth(1));
    let Some(listen) = directives(configuration, "listen").find_map(plain_address) else {
        return Finding::ok(CHECK, "it listens with TLS only; see the check of public_url");
    };
    match ask(&format!("http://{listen}"), host).await {
        Answer::Ready | Answer::NotReady(_) => Finding::ok(CHECK, format!("requests to {listen} reach Nang")),
        Answer::Redirect(to) if to.starts_with("https://") => {
            Finding::ok(CHECK, format!("requests to {listen} are redirected to HTTPS"))
        }
        Answer::Redirect(to) => {
            Finding::warning(CHECK, format!("requests to {listen} are redirected to {to}"), "check its site")
        }
        Answer::Other(502 | 504) => Finding::wrong(
            CHECK,
            format!("requests to {listen} do not reach Nang (status 502 or 504)"),
            "start Nang, and compare its listen (NANG_LISTEN) with the address in NGINX's `upstream`",
        ),
        Answer::Other(status) => Finding::warning(
            CHECK,
            format!("requests to {listen} reach another site (status {status})"),
            "set server_name of Nang's site to the name in public_url, and remove NGINX's default site",
        ),
        Answer::Silent(why) => Finding::wrong(
            CHECK,
            format!("it does not answer on {listen}: {why}"),
            "start it (`systemctl start nginx`)",
        ),
    }
}

/// Returns the values of a directive: the text between its name and the semicolon.
fn directives<'a>(configuration: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    configuration.lines().filter_map(move |line| {
        let value = line.trim().strip_prefix(name)?;
        value.starts_with(char::is_whitespace).then(|| value.split(';').next().unwrap_or_default().trim())
    })
}

/// Whether `127.0.0.1:8080` or `http://localhost:8080/…` has this port.
fn leads_to(target: &str, port: u16) -> bool {
    let target = target.split_once("://").map_or(target, |(_, rest)| rest);
    let authority = target.split(['/', ' ']).next().unwrap_or_default();
    authority.rsplit_once(':').is_some_and(|(_, end)| end == port.to_string())
}

/// Returns the address of a `listen` without TLS: `80`, `127.0.0.1:8081 default_server`, `[::]:80`.
fn plain_address(listen: &str) -> Option<String> {
    let mut words = listen.split_whitespace();
    let address = words.next()?;
    if words.any(|word| matches!(word, "ssl" | "quic"))
        || address.starts_with("unix:")
        || address.starts_with('[')
    {
        return None;
    }
    let (host, port) = address.rsplit_once(':').unwrap_or(("*", address));
    let port: u16 = port.parse().ok()?;
    let host = if matches!(host, "*" | "0.0.0.0") { "127.0.0.1" } else { host };
    Some(format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, directives, leads_to, plain_address, site};
    use crate::settings::Settings;

    #[test]
    fn the_sample_site_is_recognised() {
        let sample = include_str!("../../../nginx/nang.conf");
        let settings = Settings::default();
        assert_eq!(site(sample, &settings).level, Level::Ok, "{}", site(sample, &settings));
        let careless =
            sample.replace("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for");
        assert!(site(&careless, &settings).found.contains("a client can choose"));
        let elsewhere = Settings { listen: ([127, 0, 0, 1], 9000).into(), ..settings };
        assert!(site(sample, &elsewhere).found.contains("does not forward"));
        assert_eq!(directives(sample, "listen").find_map(plain_address).as_deref(), Some("127.0.0.1:80"));
    }

    #[test]
    fn addresses_are_read() {
        for (listen, address) in [
            ("80", Some("127.0.0.1:80")),
            ("10.0.0.1:81 default_server", Some("10.0.0.1:81")),
            ("443 ssl", None),
            ("[::]:80", None),
            ("unix:/run/x", None),
        ] {
            assert_eq!(plain_address(listen).as_deref(), address, "{listen}");
        }
        assert!(leads_to("http://localhost:8080/x", 8080) && leads_to("127.0.0.1:8080 weight=2", 8080));
        assert!(!leads_to("http://nang_api", 8080) && !leads_to("127.0.0.1:18080", 8080));
    }
}
