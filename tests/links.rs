//! What a link shows to a messenger, a search engine and a browser: titles, previews, redirects and real statuses.

use serde_json::{Value, json};

use crate::support::{Site, master};

/// A response to a request without an account, which follows no redirect.
struct Page {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

async fn open(site: &Site, path: &str, language: &str) -> Page {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = http.get(site.url(path)).header("accept-language", language).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Page { status, headers, body: response.text().await.unwrap() }
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn expect(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.body.contains(part), "{part} is not in\n{}", self.body);
        }
    }
}

async fn change(site: &Site, admin: &str, path: &str, change: &Value) -> Value {
    let version = site.get(admin, path).await.unwrap()["version"].clone();
    let (status, body) = site.patch(admin, path, &version, change).await;
    assert_eq!(status, 200, "{body:#}");
    body
}

#[tokio::test]
async fn links_have_titles_previews_and_real_statuses() {
    let site = Site::start(1).await;
    let file = master(site.path(), 5);
    let import = ["import", file.to_str().unwrap(), "--title", "Down", "--profile", "fast", "--publish"];
    let import = site.run(&import).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    let admin = site.log_in().await;
    let id = site.film(&admin, "Down").await.unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/admin/films/{id}");
    let (status, genre) = site
        .post(
            &admin,
            "/api/admin/genres",
            &json!({ "names": { "en": "Drama", "lo": "ລະຄອນ" }, "slug": "drama" }),
        )
        .await;
    assert_eq!(status, 201, "{genre}");
    let details = json!({
        "slug": "down-and-out", "year": 2020, "titles": { "en": "Down & \"Out\"", "lo": "ຕົກຍາກ" },
        "synopses": { "en": "A <b>film</b>." }, "genres": [genre["id"]],
    });
    change(&site, &admin, &path, &details).await;

    let page = open(&site, "/films/down-and-out", "en").await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-cache"));
    let address = site.url("/films/down-and-out");
    page.expect(&[
        "<html lang=\"en\">",
        "<title>Down &amp; &quot;Out&quot; (2020) · Nang</title>",
        "<meta name=\"description\" content=\"A &lt;b&gt;film&lt;/b&gt;.\" />",
        &format!("<link rel=\"canonical\" href=\"{address}\" />"),
        "<meta property=\"og:type\" content=\"video.movie\" />",
    ]);
    open(&site, "/films/down-and-out", "lo")
        .await
        .expect(&["<html lang=\"lo\">", "<title>ຕົກຍາກ (2020) · ໜັງ</title>"]);
    open(&site, "/genres/drama", "en").await.expect(&["<title>Drama · Nang</title>"]);

    // An id and a former slug lead to the present one, with what follows in the address.
    change(&site, &admin, &path, &json!({ "slug": "down" })).await;
    for former in [format!("/films/{id}?t=3"), "/films/down-and-out?t=3".to_owned()] {
        let page = open(&site, &former, "en").await;
        assert_eq!((page.status, page.header("location")), (308, "/films/down?t=3"), "{former}");
    }
    let policy = open(&site, "/", "en").await.header("content-security-policy").to_owned();
    assert!(policy.contains("default-src 'self'") && policy.contains("worker-src 'self' blob:"), "{policy}");

    // The build of the pages is the same in the page and in the API.
    let options = site.get("", "/api/auth/options").await.unwrap();
    let build =
        format!("<meta name=\"nang-build\" content=\"{}\" />", options["pages_build"].as_str().unwrap());
    open(&site, "/", "en").await.expect(&[&build]);

    // What does not exist has the status 404: an address with the application, a file without it.
    for nothing in ["/nothing", "/films/no-such-film", "/genres/none", "/people/no-one"] {
        let page = open(&site, nothing, "en").await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{nothing}"
        );
        page.expect(&["<html", "content=\"noindex\""]);
    }
    for missing in ["/missing.js", "/assets/missing", "/assets/old.js"] {
        let page = open(&site, missing, "en").await;
        assert_eq!((page.status, page.body.as_str()), (404, ""), "{missing}");
    }
    for other in ["/login", "/admin", "/admin/films/new", "/search?q=x"] {
        let page = open(&site, other, "en").await;
        assert_eq!(page.status, 200, "{other}");
        page.expect(&["content=\"noindex\""]);
    }

    let robots = open(&site, "/robots.txt", "en").await;
    assert_eq!((robots.status, robots.header("content-type")), (200, "text/plain; charset=utf-8"));
    robots.expect(&["Disallow: /admin\n", &format!("Sitemap: {}", site.url("/sitemap.xml"))]);
    let sitemap = open(&site, "/sitemap.xml", "en").await;
    assert_eq!((sitemap.status, sitemap.header("content-type")), (200, "application/xml"));
    sitemap.expect(&[&format!("<loc>{}</loc>", site.url("/films/down")), &site.url("/genres/drama")]);
    assert_eq!(open(&site, "/sitemaps/2", "en").await.status, 404);

    // A film for members tells only that; a draft does not exist.
    change(&site, &admin, &path, &json!({ "visibility": "members" })).await;
    let page = open(&site, "/films/down", "en").await;
    page.expect(&["<title>For members · Nang</title>", "content=\"noindex\""]);
    assert!(page.status == 200 && !page.body.contains("Out") && !page.body.contains("og:"), "{}", page.body);
    change(&site, &admin, &path, &json!({ "visibility": "draft" })).await;
    assert_eq!(open(&site, "/films/down", "en").await.status, 404);
}
