//! `robots.txt` and the sitemap: the addresses of all pages that viewers without an account see.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use db::{Db, DbError, sitemap::Entry};
use tokio::sync::Mutex;

use super::{folder, head::escape};

/// Maximum number of addresses of one sitemap (sitemaps.org).
const MAX_ENTRIES: u64 = 50_000;
/// How long what was read from the database is served again: reading it costs much in a large catalogue, and its readers are in no
/// hurry.
const LIFETIME: Duration = Duration::from_mins(10);

/// The entries of a part of the sitemap.
type Part = Arc<[Entry]>;

/// The entries that were read from the database.
#[derive(Default)]
pub(super) struct Sitemap {
    count: Mutex<Option<(Instant, u64)>>,
    parts: Mutex<HashMap<u64, (Instant, Part)>>,
}

/// Returns `robots.txt`.
pub(super) fn robots(base: Option<&str>) -> String {
    let mut text = String::from("User-agent: *\n");
    for folder in [
        "/admin",
        "/api/admin/",
        "/api/auth/",
        "/api/stream/",
        "/v/",
        "/my-list",
        "/history",
        "/account",
        "/login",
    ] {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "Disallow: {folder}");
    }
    if let Some(base) = base {
        let _ = writeln!(text, "\nSitemap: {base}/sitemap.xml");
    }
    text
}

impl Sitemap {
    /// Returns `/sitemap.xml`: all addresses, or the parts of the sitemap if one cannot hold them.
    pub(super) async fn whole(&self, db: &Db, base: &str) -> Result<String, DbError> {
        let count = self.count(db).await?;
        if count <= MAX_ENTRIES {
            return Ok(self.part(db, base, 1).await?.unwrap_or_else(|| urls(base, &[], true)));
        }
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
        );
        for part in 1..=count.div_ceil(MAX_ENTRIES) {
            let _ = writeln!(xml, "<sitemap><loc>{}/sitemaps/{part}</loc></sitemap>", escape(base));
        }
        Ok(xml + "</sitemapindex>\n")
    }

    /// Returns a part of the sitemap, from 1; `None` if it has no such part.
    pub(super) async fn part(&self, db: &Db, base: &str, part: u64) -> Result<Option<String>, DbError> {
        let is_first = part == 1;
        if part == 0 || (!is_first && part > self.count(db).await?.div_ceil(MAX_ENTRIES)) {
            return Ok(None);
        }
        // Held while the database is read, so that concurrent requests share the result.
        let mut parts = self.parts.lock().await;
        parts.retain(|_, (read_at, _)| read_at.elapsed() < LIFETIME);
        let known = parts.get(&part).map(|(_, entries)| Arc::clone(entries));
        let entries = if let Some(entries) = known {
            entries
        } else {
            let entries: Part = db::sitemap::list(db, (part - 1) * MAX_ENTRIES, MAX_ENTRIES).await?.into();
            parts.insert(part, (Instant::now(), Arc::clone(&entries)));
            entries
        };
        drop(parts);
        Ok(Some(urls(base, &entries, is_first)))
    }

    async fn count(&self, db: &Db) -> Result<u64, DbError> {
        let mut count = self.count.lock().await;
        if let Some((_, count)) = count.filter(|(read_at, _)| read_at.elapsed() < LIFETIME) {
            return Ok(count);
        }
        let fresh = db::sitemap::count(db).await?;
        *count = Some((Instant::now(), fresh));
        Ok(fresh)
    }
}

/// Returns the sitemap of these entries; the first one also has the pages that are lists.
fn urls(base: &str, entries: &[Entry], is_first: bool) -> String {
    let base = escape(base);
    let mut xml = String::with_capacity(200 + entries.len() * 120);
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    if is_first {
        let _ = writeln!(xml, "<url><loc>{base}/</loc></url>\n<url><loc>{base}/films</loc></url>");
    }
    for entry in entries {
        let _ = write!(xml, "<url><loc>{base}/{}/{}</loc>", folder(entry.kind), entry.slug);
        if let Some(changed_at) = entry.changed_at {
            let _ = write!(xml, "<lastmod>{}</lastmod>", changed_at.date());
        }
        xml.push_str("</url>\n");
    }
    xml + "</urlset>\n"
}

#[cfg(test)]
mod tests {
    use db::slug::Kind;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_sitemap_has_absolute_addresses() {
        let entry = |kind, slug: &str, changed_at| Entry { kind, slug: slug.to_owned(), changed_at };
        let entries = [
            entry(Kind::Film, "sabaidi", Some(datetime!(2026-11-29 20:00 UTC))),
            entry(Kind::Person, "mattie-do", None),
            entry(Kind::Category, "new", None),
        ];
        let xml = urls("https://films.la", &entries, true);
        for url in [
            "<url><loc>https://films.la/</loc></url>",
            "<url><loc>https://films.la/films/sabaidi</loc><lastmod>2026-11-29</lastmod></url>",
            "<url><loc>https://films.la/people/mattie-do</loc></url>",
        ] {
            assert!(xml.contains(url), "{url} is not in {xml}");
        }
        assert!(!urls("https://films.la", &entries, false).contains("<loc>https://films.la/</loc>"));
        let robots = robots(Some("https://films.la"));
        assert!(
            robots.contains("Disallow: /admin\n")
                && robots.ends_with("Sitemap: https://films.la/sitemap.xml\n"),
            "{robots}"
        );
    }
}
