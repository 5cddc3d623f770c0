/*
 * The service worker: shows the pages without a connection. The build fills in BUILD and SHELL (`shell-plugin.ts`).
 *
 * A page always comes from the server if the server can be reached, so an old build never meets a newer server. Only without a
 * connection it comes from the cache. Files under /assets/ never change, so the cache is asked first. Everything else, above all the
 * API and the films, is none of this worker's business.
 */
const BUILD = "__BUILD__";
/** Addresses of the files that the viewers' pages need. */
const SHELL = ["__SHELL__"];
const CACHE = `nang-${BUILD}`;
/**
 * The server names the build in this page; it does not in the file `index.html`. Into other pages it writes what they show first, which
 * must not be shown again when there is no connection.
 */
const PAGE = "/login";

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([new Request(PAGE, { cache: "reload" }), ...SHELL]);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const takeOver = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("nang-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(takeOver());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate" && !/^\/(api|v)\//.test(pathname)) {
    event.respondWith(fromServerFirst(request));
  } else if (pathname.startsWith("/assets/")) {
    event.respondWith(fromCacheFirst(request));
  }
});

async function fromServerFirst(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const page = await caches.match(PAGE, { cacheName: CACHE });
    if (page) {
      return page;
    }
    throw error;
  }
}

async function fromCacheFirst(request) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request);
  if (known) {
    return known;
  }
  const response = await fetch(request);
  if (response.ok) {
    await cache.put(request, response.clone());
  }
  return response;
}
