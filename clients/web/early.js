/*
 * Asks for what a page shows first while the browser still loads the code that shows it: on a slow link that is a second earlier.
 * `src/lib/early-fetch.ts` hands the responses over. Only for visitors without an account, whose requests need no access token.
 * The build fills in SIZES (`src/catalogue/image-sizes.ts`); this script's element names the code of a film's page.
 */
(() => {
  const SIZES = "__SIZES__";
  const { filmModules } = document.currentScript.dataset;
  const film = /^\/films\/([^/]+)$/.exec(location.pathname)?.[1];

  const preload = (link) => document.head.append(Object.assign(document.createElement("link"), link));
  if (film) {
    for (const href of filmModules.split(" ")) {
      preload({ rel: "modulepreload", href });
    }
  }

  let mayHaveAccount = false;
  try {
    mayHaveAccount = localStorage.getItem("nang.logged_in") !== null;
  } catch {
    // Storage is forbidden (private window), and so are accounts that last.
  }
  if (mayHaveAccount) {
    return;
  }
  const asked = new Map();
  window.nangEarly = asked;

  /** `imagesOf`: the images that the first screen shows; `sizes`: how wide. */
  const ask = (url, imagesOf = () => [], sizes = "") => {
    const response = fetch(url, { headers: { Accept: "application/json" } });
    asked.set(url, response);
    response
      .then((found) => (found.ok ? found.clone().json() : null))
      .then((content) => {
        for (const image of content ? imagesOf(content) : []) {
          preloadImage(image, sizes);
        }
      })
      .catch(() => undefined); // The page asks again, and says what is wrong.
  };

  const preloadImage = (image, sizes) => {
    if (image) {
      const url = (width) => `/api/images/${image.id}/${width}.webp ${width}w`;
      const imageSrcset = image.widths.map(url).join(", ");
      preload({ rel: "preload", as: "image", imageSrcset, imageSizes: sizes, fetchPriority: "high" });
    }
  };
  const postersOf = ({ items }) => items.slice(0, 4).map(({ poster }) => poster);

  const text = new URLSearchParams(location.search).get("q");
  if (location.pathname === "/") {
    ask(
      "/api/categories?films=12&limit=20",
      ({ items }) => [items.find(({ films }) => films.length > 0)?.films[0].backdrop],
      SIZES.featured,
    );
    ask("/api/recommendations");
  } else if (location.pathname === "/films" && location.search === "") {
    ask("/api/films?limit=24", postersOf, SIZES.grid);
  } else if (location.pathname === "/search" && text) {
    ask(`/api/search?${new URLSearchParams({ q: text, limit: 24 })}`, postersOf, SIZES.found);
  } else if (film) {
    ask(
      `/api/films/${film}`,
      ({ images }) => images.filter(({ kind }) => kind === "backdrop").slice(0, 1),
      SIZES.screen,
    );
  }
})();
