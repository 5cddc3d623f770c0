//! What a request tells about the site: its public address and the visitor's language.

use http::{HeaderMap, header};

/// Returns the public address of this server without a slash at its end: the setting, or the host that the request names. `None` if the
/// request names no usable one.
pub(super) fn base_url(public_url: Option<&str>, headers: &HeaderMap) -> Option<String> {
    if let Some(url) = public_url {
        return Some(url.trim_end_matches('/').to_owned());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST.as_str()).filter(|host| is_host(host))?;
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    Some(format!("{scheme}://{host}"))
}

fn is_host(host: &str) -> bool {
    (1..=255).contains(&host.len())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']'))
}

/// Returns the language of the texts, chosen as the pages do: Lao, unless the browser prefers English.
pub(super) fn language(headers: &HeaderMap) -> &'static str {
    let wanted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = ("lo", 0.0);
    for part in wanted.split(',') {
        let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
        let quality: f32 = quality.trim().parse().unwrap_or(0.0);
        let language = match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "lo" => "lo",
            "en" => "en",
            _ => continue,
        };
        if quality > best.1 {
            best = (language, quality);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_address_is_the_setting_or_the_host_of_the_request() {
        let forwarded = headers(&[("host", "films.example.la"), ("x-forwarded-proto", "https")]);
        for (setting, headers, expected) in [
            (Some("https://films.la/"), HeaderMap::new(), Some("https://films.la")),
            (None, headers(&[("host", "127.0.0.1:8080")]), Some("http://127.0.0.1:8080")),
            (None, headers(&[("host", "[::1]:8080")]), Some("http://[::1]:8080")),
            (None, forwarded, Some("https://films.example.la")),
            (None, headers(&[("host", "a\"><script>")]), None),
            (None, HeaderMap::new(), None),
        ] {
            assert_eq!(base_url(setting, &headers).as_deref(), expected);
        }
    }

    #[test]
    fn the_language_is_lao_unless_the_browser_prefers_english() {
        for (wanted, expected) in [
            ("", "lo"),
            ("en-US,en;q=0.9", "en"),
            ("th-TH,lo-LA;q=0.9,en;q=0.8", "lo"),
            ("en;q=0.5,lo;q=0.9", "lo"),
            ("fr-FR", "lo"),
            ("en;q=x", "lo"),
        ] {
            assert_eq!(language(&headers(&[("accept-language", wanted)])), expected, "{wanted}");
        }
    }
}
