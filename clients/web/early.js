/*
 * Runs in the page itself, before the application is loaded: sets the theme, fetches the code of the page, and shows the first images. On a
 * slow link and phone that is a second earlier. What the page shows first came with it (`nang/src/pages/content.rs`), as a visitor without
 * an account gets it; so for others this shows no images. The build fills in FIRST (`src/catalogue/first-screen.ts`), and this script's
 * element names the code of the pages that have their own.
 */
(() => {
  const FIRST = "__FIRST__";
  const { filmModules, searchModules } = document.currentScript.dataset;
  const path = location.pathname;
  const film = /^\/films\/([^/]+)$/.exec(path)?.[1];

  let chosenTheme = null;
  let mayHaveAccount = false;
  try {
    chosenTheme = localStorage.getItem("nang.theme");
    mayHaveAccount = localStorage.getItem("nang.logged_in") !== null;
  } catch {
    // Storage is forbidden (private window), and so are a choice and an account that last.
  }
  const systemTheme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.theme = /^(dark|light)$/.test(chosenTheme) ? chosenTheme : systemTheme;

  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const modules = film ? filmModules : path === "/search" ? searchModules : "";
  for (const href of modules.split(" ").filter(Boolean)) {
    document.head.append(make("link", { rel: "modulepreload", href, fetchPriority: "low" }));
  }

  if (mayHaveAccount) {
    return;
  }
  const content = JSON.parse(document.getElementById("early")?.textContent ?? "{}");
  const srcsetOf = ({ id, widths }) =>
    widths.map((width) => `/api/images/${id}/${width}.webp ${width}w`).join(", ");
  const imageOf = (image, { sizes, image: className }) => {
    const shown = make("img", { alt: "", className, sizes, fetchPriority: "high", decoding: "async" });
    shown.style.backgroundColor = image.placeholder_colour;
    if (image.focus) {
      shown.style.objectPosition = `${image.focus.x * 100}% ${image.focus.y * 100}%`;
    }
    shown.srcset = srcsetOf(image);
    return shown;
  };
  /** Shows the images that there are, as the page will. The cell of a film without one stays empty. */
  const show = (images, first) => {
    if (!images.some(Boolean)) {
      return;
    }
    const cellOf = (image) => {
      const cell = make("div", { className: first.cell });
      if (image) {
        cell.append(imageOf(image, first));
      }
      return cell;
    };
    let inside = first.cell ? images.map(cellOf) : [imageOf(images[0], first)];
    for (const className of [...first.boxes].reverse()) {
      const box = make("div", { className });
      box.append(...inside);
      inside = [box];
    }
    inside[0].setAttribute("aria-hidden", "true");
    document.getElementById("root").append(...inside);
  };
  const answer = (start) => Object.entries(content).find(([address]) => address.startsWith(start))?.[1];
  const postersOf = (films, count) => films.slice(0, count).map(({ poster }) => poster);
  if (path === "/") {
    const featured = answer("/api/categories")?.items.find(({ films }) => films.length > 0)?.films[0];
    show([featured?.backdrop], FIRST.featured);
  } else if (film) {
    show([answer("/api/films/")?.images.find(({ kind }) => kind === "backdrop")], FIRST.screen);
  } else if (path === "/films") {
    show(postersOf(answer("/api/films?")?.items ?? [], 6), FIRST.grid);
  } else if (path === "/search") {
    const { items = [], people = [], corrected = false } = answer("/api/search?") ?? {};
    const first = ["title", "person", "synopsis"].find((field) =>
      items.some(({ match }) => match.field === field),
    );
    // Found people and the word about a correction stand above the films.
    if (people.length === 0 && !corrected) {
      show(
        postersOf(
          items.filter(({ match }) => match.field === first),
          3,
        ),
        FIRST.found,
      );
    }
  }
})();
