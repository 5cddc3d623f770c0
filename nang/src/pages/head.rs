//! `index.html` with a head that tells what a page is about: for search engines, for messengers that show a preview of a link, and for the
//! tab until the application runs. Everything in it is escaped, because titles are texts of editors.

use std::fmt::Write as _;

/// Maximum length of a description in characters; search engines and messengers cut longer ones.
const MAX_DESCRIPTION_CHARS: usize = 200;

/// The image that a preview of a link shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Preview {
    /// Absolute URL.
    pub(super) url: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// What a page is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Language of the texts: `lo` or `en`.
    pub(super) language: &'static str,
    /// Title without the name of the site; `None` for the site itself.
    pub(super) title: Option<String>,
    /// What the page is about; may have several lines.
    pub(super) description: Option<String>,
    /// Absolute URL by which the page is known; `None` keeps search engines away from it.
    pub(super) canonical: Option<String>,
    /// Open Graph type.
    pub(super) kind: Kind,
    pub(super) preview: Option<Preview>,
}

/// Open Graph type of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any page.
    #[default]
    Website,
    /// A film.
    Film,
    /// A person.
    Person,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Website => "website",
            Self::Film => "video.movie",
            Self::Person => "profile",
        }
    }
}

/// `index.html`, divided where each page differs.
pub(super) struct Template {
    /// Up to the language.
    start: String,
    /// From the language to the title.
    before_title: String,
    /// From the title to the end of the head.
    after_title: String,
    /// From the end of the head on.
    rest: String,
    build: String,
}

impl Template {
    /// Reads `index.html`. A file in another form (a binary that was built without the pages has one) follows after a head of its own.
    pub(super) fn new(html: &str, build: &str) -> Self {
        let parts = divide(html, "<html lang=\"", "\"").and_then(|(start, rest)| {
            let (before_title, rest) = divide(rest, "<title>", "</title>")?;
            let (after_title, rest) = rest.split_once("</head>")?;
            Some([start, before_title, after_title, rest])
        });
        let [start, before_title, after_title, rest] = parts
            .unwrap_or(["<!doctype html>\n<html lang=\"", "\">\n<head>\n<title>", "</title>\n", html])
            .map(str::to_owned);
        Self { start, before_title, after_title, rest, build: build.to_owned() }
    }

    /// Returns the page with this head, at whose end `content` is: HTML.
    pub(super) fn render(&self, head: &Head, content: &str) -> String {
        let site = site_name(head.language);
        let title = match &head.title {
            Some(title) => format!("{title} · {site}"),
            None => site.to_owned(),
        };
        let mut html = format!(
            "{}{}{}{}{}",
            self.start,
            head.language,
            self.before_title,
            escape(&title),
            self.after_title
        );
        self.add_meta(&mut html, head, site);
        html + content + "</head>" + &self.rest
    }

    fn add_meta(&self, html: &mut String, head: &Head, site: &str) {
        let mut meta = |attribute: &str, name: &str, content: &str| {
            // Writing to a text cannot fail.
            let _ = writeln!(html, "    <meta {attribute}=\"{name}\" content=\"{}\" />", escape(content));
        };
        meta("name", "nang-build", &self.build);
        let description = head.description.as_deref().map(shorten).filter(|text| !text.is_empty());
        if let Some(description) = &description {
            meta("name", "description", description);
        }
        let Some(canonical) = &head.canonical else {
            meta("name", "robots", "noindex");
            return;
        };
        meta("property", "og:site_name", site);
        meta("property", "og:type", head.kind.name());
        meta("property", "og:title", head.title.as_deref().unwrap_or(site));
        meta("property", "og:url", canonical);
        meta("property", "og:locale", if head.language == "lo" { "lo_LA" } else { "en_US" });
        if let Some(description) = &description {
            meta("property", "og:description", description);
        }
        let card = match &head.preview {
            Some(preview) => {
                meta("property", "og:image", &preview.url);
                meta("property", "og:image:width", &preview.width.to_string());
                meta("property", "og:image:height", &preview.height.to_string());
                if preview.width > preview.height { "summary_large_image" } else { "summary" }
            }
            None => "summary",
        };
        meta("name", "twitter:card", card);
        let _ = writeln!(html, "    <link rel=\"canonical\" href=\"{}\" />", escape(canonical));
    }
}

/// The name of the site.
fn site_name(language: &str) -> &'static str {
    if language == "lo" { "ໜັງ" } else { "Nang" }
}

/// Divides a text before and after what is between `open` and `close`, which stay; `None` if the text does not have both.
fn divide<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    let start = text.find(open)? + open.len();
    let end = start + text[start..].find(close)?;
    Some((&text[..start], &text[end..]))
}

/// Escapes a text for HTML, in attributes too.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Returns a text in one line, and not longer than a preview shows. A cut text ends between words if it has any, since Lao has no
/// spaces between words.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(MAX_DESCRIPTION_CHARS) else { return line };
    let cut = &line[..end];
    let last_word = cut.rfind(' ').filter(|at| *at > end / 2);
    format!("{}…", cut[..last_word.unwrap_or(end)].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str =
        "<!doctype html>\n<html lang=\"lo\">\n<head>\n<title>x</title>\n</head><body></body></html>\n";

    fn film() -> Head {
        Head {
            language: "en",
            title: Some("\"Tom & <script>\"".to_owned()),
            description: Some("A film\n\nfrom 'Laos'".to_owned()),
            canonical: Some("https://films.example.la/films/tom".to_owned()),
            kind: Kind::Film,
            preview: Some(Preview {
                url: "https://films.example.la/p.jpg".to_owned(),
                width: 480,
                height: 720,
            }),
        }
    }

    #[test]
    fn a_page_has_title_description_address_and_preview_and_everything_is_escaped() {
        let html = Template::new(HTML, "b1").render(&film(), "");
        for part in [
            "<html lang=\"en\">",
            "<title>&quot;Tom &amp; &lt;script&gt;&quot; · Nang</title>",
            "<meta name=\"nang-build\" content=\"b1\" />",
            "<meta name=\"description\" content=\"A film from &#39;Laos&#39;\" />",
            "<meta property=\"og:title\" content=\"&quot;Tom &amp; &lt;script&gt;&quot;\" />",
            "<meta property=\"og:type\" content=\"video.movie\" />",
            "<meta property=\"og:image\" content=\"https://films.example.la/p.jpg\" />",
            "<meta name=\"twitter:card\" content=\"summary\" />",
            "<link rel=\"canonical\" href=\"https://films.example.la/films/tom\" />",
            "</head><body></body></html>",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<script") && !html.contains("noindex"), "{html}");
        assert_eq!(html.matches("<title>").count(), 1);
    }

    #[test]
    fn a_page_without_an_address_is_not_indexed_and_has_no_preview() {
        let head = Head { language: "lo", ..Head::default() };
        let html = Template::new(HTML, "b1").render(&head, "");
        assert!(html.contains("<title>ໜັງ</title>") && html.contains("content=\"noindex\""), "{html}");
        assert!(!html.contains("og:") && !html.contains("canonical"), "{html}");
    }

    #[test]
    fn an_unusual_file_is_still_a_page() {
        let html = Template::new("<title>x</title><p>No pages.", "b1").render(&film(), "");
        assert!(html.contains("No pages."), "{html}");
    }

    #[test]
    fn long_descriptions_are_cut_between_words() {
        assert_eq!(shorten("  two\n words "), "two words");
        let cut = shorten(&"word ".repeat(100));
        assert!(cut.ends_with("word…") && cut.chars().count() <= 201, "{cut}");
        assert_eq!(shorten(&"ກາ".repeat(200)).chars().count(), 201);
    }
}
