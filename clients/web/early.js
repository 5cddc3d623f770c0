/*
 * Asks for what a page shows first while the browser still loads the code that shows it: on a slow link that is a second earlier.
 * `src/lib/early-fetch.ts` hands the responses over. Only for visitors without an account, whose requests need no access token.
 */
(() => {
  const films = /^\/films\/([^/]+)$/.exec(location.pathname);
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

  const ask = (url, backdropOf = () => undefined, sizes = "") => {
    const response = fetch(url, { headers: { Accept: "application/json" } });
    asked.set(url, response);
    response
      .then((found) => (found.ok ? found.clone().json() : null))
      .then((content) => preload(content && backdropOf(content), sizes))
      .catch(() => undefined); // The page asks again, and says what is wrong.
  };

  const preload = (image, sizes) => {
    if (image) {
      const link = document.createElement("link");
      link.rel = "preload";
      link.as = "image";
      link.imageSrcset = image.widths
        .map((width) => `/api/images/${image.id}/${width}.webp ${width}w`)
        .join(", ");
      link.imageSizes = sizes;
      link.fetchPriority = "high";
      document.head.append(link);
    }
  };

  if (location.pathname === "/") {
    ask(
      "/api/categories?films=12&limit=20",
      ({ items }) => items.find((category) => category.films.length > 0)?.films[0].backdrop,
      "100vw",
    );
    ask("/api/recommendations");
  } else if (location.pathname === "/films" && location.search === "") {
    ask("/api/films?limit=24");
  } else if (films) {
    ask(
      `/api/films/${films[1]}`,
      ({ images }) => images.find(({ kind }) => kind === "backdrop"),
      "(min-width: 76rem) 68rem, 100vw",
    );
  }
})();
