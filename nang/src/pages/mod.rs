//! The web pages, embedded in the binary, and their security headers.
//!
//! Pages that links lead to get a head of their own (`link.rs`, `head.rs`), and an address that leads nowhere gets the status 404 with the
//! application, which shows "not found". A missing file is never answered with a page.

mod content;
mod head;
mod link;
mod site;
mod sitemap;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Path, Request, State},
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use db::{Db, DbError, slug::Kind};
use domain::hex;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use memory_serve::CacheControl;
use sha2::{Digest, Sha256};
use tower::ServiceBuilder;
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};
use tracing::warn;

use self::{
    content::Content,
    head::{Head, Template},
    link::Target,
    sitemap::Sitemap,
};

/// The page that loads the application; `build.rs` makes sure that it exists.
const INDEX: &str = include_str!("../../../clients/web/dist/index.html");

/// Addresses of the application that are the same for all viewers. Search engines may list the first ones.
const PUBLIC_PATHS: [&str; 2] = ["/", "/films"];
const OTHER_PATHS: [&str; 10] = [
    "/search",
    "/my-list",
    "/history",
    "/account",
    "/login",
    "/register",
    "/forgot",
    "/reset",
    "/preview",
    "/admin",
];

/// A text that changes with every build of the pages, because the names of all other files contain hashes of them.
pub(crate) static BUILD: LazyLock<String> =
    LazyLock::new(|| hex::encode(&Sha256::digest(INDEX.as_bytes()))[..16].to_owned());

/// What the handlers share.
struct Pages {
    db: Db,
    public_url: Option<String>,
    template: Template,
    content: Content,
    sitemap: Sitemap,
}

/// Returns the folder of a kind of resource in addresses.
fn folder(kind: Kind) -> &'static str {
    match kind {
        Kind::Film => "films",
        Kind::Person => "people",
        Kind::Genre => "genres",
        // The word of the pages, which viewers read.
        Kind::Category => "shelves",
    }
}

/// Serves the pages. `api` is asked for what they show first. `public_url` is the address at which browsers reach this server; without it
/// links name the host of the request. `media_origin` is the host that serves the films, if it is another one (`https://cdn.example.org`).
pub(crate) fn router(db: Db, api: Router, public_url: Option<String>, media_origin: Option<&str>) -> Router {
    let template = Template::new(INDEX, &BUILD);
    let pages =
        Arc::new(Pages { db, public_url, template, content: Content::new(api), sitemap: Sitemap::default() });
    let mut router = Router::new();
    for path in PUBLIC_PATHS {
        router = router.route(path, get(show_public));
    }
    for path in OTHER_PATHS {
        router = router.route(path, get(show_other));
    }
    for kind in [Kind::Film, Kind::Person, Kind::Genre, Kind::Category] {
        let show = move |pages: State<Arc<Pages>>, path: Path<String>, request: Request| {
            show_linked(kind, pages, path, request)
        };
        router = router.route(&format!("/{}/{{name}}", folder(kind)), get(show));
    }
    let router = router
        .route("/admin/{*page}", get(show_other))
        .route("/robots.txt", get(show_robots))
        .route("/sitemap.xml", get(show_sitemap))
        .route("/sitemaps/{part}", get(show_sitemap_part))
        .fallback(show_nothing)
        .with_state(pages);
    let header = |name: HeaderName, value: HeaderValue| SetResponseHeaderLayer::overriding(name, value);
    // Everything in a page is public, so its length tells nothing (BREACH). The files are compressed when Nang is built.
    let router = router.layer(CompressionLayer::new());
    router.merge(files()).layer(from_fn(revalidate_unhashed)).layer(
        ServiceBuilder::new()
            .layer(header(header::CONTENT_SECURITY_POLICY, content_security_policy(media_origin)))
            .layer(header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
            .layer(header(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"))),
    )
}

/// Serves the embedded files.
fn files() -> Router {
    memory_serve::load!()
        .index_file(None)
        .html_cache_control(CacheControl::NoCache)
        .cache_control(CacheControl::Long)
        .into_router()
}

/// Returns the Content-Security-Policy. The pages need nothing of other hosts but the films, and no inline code but one script, which the
/// policy names by its hash (CSP 3 §2.3.1).
fn content_security_policy(media_origin: Option<&str>) -> HeaderValue {
    let media = media_origin.unwrap_or_default();
    let script = inline_script(INDEX).map_or_else(String::new, |script| {
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes())))
    });
    let policy = format!(
        "default-src 'self'; script-src 'self' {script}; connect-src 'self' {media}; img-src 'self' {media}; \
         media-src 'self' blob: {media}; worker-src 'self' blob:; \
         manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy)
        .expect("invariant: origins are checked when settings are read, so the policy is ASCII")
}

/// The script in the page (`clients/web/early.js`), if it was built with one.
fn inline_script(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<script data-early")?;
    let (_, rest) = rest.split_once('>')?;
    rest.split_once("</script>").map(|(script, _)| script)
}

/// Only names in `/assets/` contain a hash of the file. Browsers must ask again for all others: above all for the service worker and the
/// manifest, which would otherwise keep an old version of the pages.
async fn revalidate_unhashed(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    if !is_hashed {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}

async fn show_public(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    let (page, _) = request.into_parts();
    let head = Head { canonical: Some(page.uri.path().to_owned()), ..Head::default() };
    pages.show_content(head, &page).await
}

async fn show_other(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    pages.show_content(Head::default(), &request.into_parts().0).await
}

async fn show_linked(
    kind: Kind,
    State(pages): State<Arc<Pages>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (page, _) = request.into_parts();
    let base = site::base_url(pages.public_url.as_deref(), &page.headers);
    let language = site::language(&page.headers);
    match link::find(&pages.db, kind, folder(kind), &name, language, base.as_deref()).await {
        Ok(Target::Page(head)) => pages.show_content(*head, &page).await,
        Ok(Target::Redirect(path)) => {
            let query = page.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            Redirect::permanent(&format!("{path}{query}")).into_response()
        }
        Ok(Target::Nothing) => pages.show(StatusCode::NOT_FOUND, Head::default(), "", &page.headers),
        Err(error) => {
            warn_unreadable(&error);
            // The application may still show what the browser has kept.
            pages.show(StatusCode::SERVICE_UNAVAILABLE, Head::default(), "", &page.headers)
        }
    }
}

async fn show_robots(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let text = sitemap::robots(site::base_url(pages.public_url.as_deref(), &headers).as_deref());
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

async fn show_sitemap(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let Some(base) = site::base_url(pages.public_url.as_deref(), &headers) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    xml(pages.sitemap.whole(&pages.db, &base).await.map(Some))
}

async fn show_sitemap_part(
    State(pages): State<Arc<Pages>>,
    Path(part): Path<String>,
    headers: HeaderMap,
) -> Response {
    let base = site::base_url(pages.public_url.as_deref(), &headers);
    let Some((base, part)) = base.zip(part.parse().ok()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    xml(pages.sitemap.part(&pages.db, &base, part).await)
}

fn xml(sitemap: Result<Option<String>, DbError>) -> Response {
    match sitemap {
        Ok(Some(xml)) => ([(header::CONTENT_TYPE, "application/xml")], xml).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            warn_unreadable(&error);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// An address that leads nowhere. A missing file (its name has a dot) and anything but reading get no page: a page of an older version
/// requests scripts that no longer exist, and must not get HTML in their place.
async fn show_nothing(
    State(pages): State<Arc<Pages>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    if name.contains('.')
        || uri.path().starts_with("/assets/")
        || !matches!(method, Method::GET | Method::HEAD)
    {
        return StatusCode::NOT_FOUND.into_response();
    }
    pages.show(StatusCode::NOT_FOUND, Head::default(), "", &headers)
}

fn warn_unreadable(error: &DbError) {
    warn!(%error, "Cannot read what a page is about from the database; responding with 503");
}

impl Pages {
    /// Returns the application with this head and with what the page shows first.
    async fn show_content(&self, head: Head, page: &Parts) -> Response {
        self.show(StatusCode::OK, head, &self.content.for_page(page).await, &page.headers)
    }

    /// Returns the application with this head, in the visitor's language and with absolute URLs. `content` is HTML.
    fn show(&self, status: StatusCode, head: Head, content: &str, headers: &HeaderMap) -> Response {
        let base = site::base_url(self.public_url.as_deref(), headers);
        let canonical = head.canonical.zip(base).map(|(path, base)| format!("{base}{path}"));
        let head = Head { language: site::language(headers), canonical, ..head };
        let html = self.template.render(&head, content);
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::VARY, "Accept-Language")];
        (status, headers, html).into_response()
    }
}
