//! Names of devices, with which viewers choose which playback session to end.

/// Maximum length of a name in the database.
const MAX_CHARS: usize = 100;

/// Substrings of a User-Agent and the browsers they identify. Browsers also name other browsers, so the first substring that matches
/// decides.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("Tizen", "a Samsung TV"),
    ("Web0S", "an LG TV"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// Returns a name such as `Firefox on Android`; for programs that are not browsers the name with which the User-Agent begins.
pub(super) fn device_name(user_agent: &str) -> Option<String> {
    let find = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let is_browser = user_agent.starts_with("Mozilla/");
    match (find(BROWSERS).filter(|_| is_browser), find(SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(browser), None) => Some(browser.to_owned()),
        (None, system) => {
            let program =
                user_agent.split(['/', ' ', '(']).next().filter(|name| !is_browser && !name.is_empty());
            let program: Option<String> = program
                .map(|name| name.chars().filter(char::is_ascii_graphic).take(MAX_CHARS / 2).collect())
                .filter(|name: &String| !name.is_empty());
            match (program, system) {
                (Some(program), Some(system)) => Some(format!("{program} on {system}")),
                (program, system) => program.or(system.map(str::to_owned)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[test]
    fn device_names_have_browser_and_system() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox on Android"),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
                "Safari on a Samsung TV",
            ),
            ("Mozilla/5.0", ""),
            ("NangMobile/1.2 (Android 14)", "NangMobile on Android"),
            ("curl/8.5.0", "curl"),
            ("", ""),
            ("/", ""),
            ("ໜັງ/1", ""),
        ] {
            assert_eq!(device_name(user_agent).unwrap_or_default(), name, "{user_agent}");
        }
        assert_eq!(device_name(&"x".repeat(1000)).unwrap().len(), 50);
    }
}
