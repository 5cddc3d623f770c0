/** The addresses of all pages. Pages that only some visitors need are loaded on demand, and what they show at the same time. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { readFilmTableSearch } from "./admin/films/film-table-search";
import { filmFilter, readBrowseSearch } from "./catalogue/film-filter";
import {
  categoriesQuery,
  filmQuery,
  filmsQuery,
  personQuery,
  recommendationsQuery,
  searchQuery,
} from "./catalogue/queries";
import { currentLanguage } from "./i18n/language";
import { forgetEarlyAnswers, hasEarlyAnswers } from "./lib/early-fetch";
import { queryClient } from "./lib/query-client";
import { parseSearch, stringifySearch, text } from "./lib/search-parameters";
import { BrowsePage } from "./pages/browse/browse";
import { HomePage } from "./pages/home/home";
import { NotFoundPage } from "./pages/not-found";
import { session } from "./session";
import { keepFocus } from "./site/page-focus";
import { PageError, PageLoading } from "./site/page-states";
import { SiteFrame } from "./site/site-frame";

const root = createRootRoute({ component: SiteFrame, notFoundComponent: () => <NotFoundPage /> });
const site = { getParentRoute: () => root };

/**
 * What the page brought with it is in the cache before the first rendering, which then shows it at once. Later, and for accounts, a page is
 * shown while it still asks.
 */
async function withEarlyAnswers(fetch: () => Promise<void>[]): Promise<void> {
  if (hasEarlyAnswers()) {
    if (!session.isPending) {
      await Promise.all(fetch());
    }
    forgetEarlyAnswers();
  }
}

const home = createRoute({
  ...site,
  path: "/",
  loader: () =>
    withEarlyAnswers(() => [
      queryClient.prefetchQuery(categoriesQuery),
      queryClient.prefetchQuery(recommendationsQuery),
    ]),
  component: HomePage,
});

const browse = createRoute({
  ...site,
  path: "/films",
  validateSearch: readBrowseSearch,
  loaderDeps: ({ search }) => ({ search }),
  loader: ({ deps }) =>
    withEarlyAnswers(() => [
      queryClient.prefetchInfiniteQuery(filmsQuery(filmFilter(deps.search, currentLanguage()))),
    ]),
  component: BrowsePage,
});

const film = createRoute({
  ...site,
  path: "/films/$film",
  loader: ({ params }) => {
    const fetching = queryClient.prefetchQuery(filmQuery(params.film));
    return withEarlyAnswers(() => [fetching]);
  },
  component: lazyRouteComponent(() => import("./pages/film/film")),
});

const search = createRoute({
  ...site,
  path: "/search",
  validateSearch: ({ q }): { q?: string } => (text(q) === undefined ? {} : { q: String(q) }),
  loaderDeps: ({ search }) => ({ text: search.q }),
  loader: ({ deps: { text } }) =>
    withEarlyAnswers(() => (text ? [queryClient.prefetchInfiniteQuery(searchQuery(text))] : [])),
  component: lazyRouteComponent(() => import("./pages/search/search")),
});

const genre = createRoute({
  ...site,
  path: "/genres/$genre",
  component: lazyRouteComponent(() => import("./pages/genre")),
});

const category = createRoute({
  ...site,
  path: "/shelves/$category",
  component: lazyRouteComponent(() => import("./pages/category")),
});

const person = createRoute({
  ...site,
  path: "/people/$person",
  loader: ({ params }) => void queryClient.prefetchQuery(personQuery(params.person)),
  component: lazyRouteComponent(() => import("./pages/person")),
});

const myList = createRoute({
  ...site,
  path: "/my-list",
  component: lazyRouteComponent(() => import("./pages/my-list")),
});

const history = createRoute({
  ...site,
  path: "/history",
  component: lazyRouteComponent(() => import("./pages/history")),
});

const account = createRoute({
  ...site,
  path: "/account",
  component: lazyRouteComponent(() => import("./pages/account/account")),
});

const login = createRoute({
  ...site,
  path: "/login",
  validateSearch: (values): { to?: string; refused?: string } => {
    const to = text(values.to);
    const refused = text(values.refused);
    return { ...(to && { to }), ...(refused && { refused }) };
  },
  component: lazyRouteComponent(() => import("./account/login")),
});

const register = createRoute({
  ...site,
  path: "/register",
  component: lazyRouteComponent(() => import("./account/register")),
});

const forgot = createRoute({
  ...site,
  path: "/forgot",
  component: lazyRouteComponent(() => import("./account/forgot")),
});

const reset = createRoute({
  ...site,
  path: "/reset",
  component: lazyRouteComponent(() => import("./account/reset")),
});

const preview = createRoute({
  ...site,
  path: "/preview",
  component: lazyRouteComponent(() => import("./pages/preview")),
});

const adminPages = () => import("./admin/pages");
const admin = createRoute({
  ...site,
  path: "/admin",
  component: lazyRouteComponent(adminPages, "AdminFrame"),
  notFoundComponent: () => <NotFoundPage />,
});
const adminCatalogue = () => import("./admin/catalogue/pages");
const editors = { getParentRoute: () => admin };

const adminDesk = createRoute({
  ...editors,
  path: "/",
  component: lazyRouteComponent(adminPages, "DeskPage"),
});

const adminFilms = createRoute({
  ...editors,
  path: "/films",
  validateSearch: readFilmTableSearch,
  component: lazyRouteComponent(adminPages, "FilmTablePage"),
});

const adminNewFilm = createRoute({
  ...editors,
  path: "/films/new",
  component: lazyRouteComponent(adminPages, "NewFilmPage"),
});

const adminFilm = createRoute({
  ...editors,
  path: "/films/$id/{-$tab}",
  component: lazyRouteComponent(adminPages, "AdminFilmRoute"),
});

const adminBuild = createRoute({
  ...editors,
  path: "/films/$id/builds/$build",
  component: lazyRouteComponent(adminPages, "BuildPage"),
});

const adminUploads = createRoute({
  ...editors,
  path: "/uploads",
  component: lazyRouteComponent(adminPages, "UploadsPage"),
});

const adminPipeline = createRoute({
  ...editors,
  path: "/pipeline",
  component: lazyRouteComponent(adminPages, "PipelinePage"),
});

const adminCatalogueFile = createRoute({
  ...editors,
  path: "/catalogue",
  component: lazyRouteComponent(adminPages, "CatalogueFilePage"),
});

const adminStorage = createRoute({
  ...editors,
  path: "/storage",
  component: lazyRouteComponent(adminPages, "StoragePage"),
});

const adminFigures = createRoute({
  ...editors,
  path: "/figures",
  component: lazyRouteComponent(adminPages, "FiguresPage"),
});

const adminSettings = createRoute({
  ...editors,
  path: "/settings",
  component: lazyRouteComponent(adminPages, "SettingsPage"),
});

const adminAudit = createRoute({
  ...editors,
  path: "/audit",
  component: lazyRouteComponent(adminPages, "AuditPage"),
});

const adminGenres = createRoute({
  ...editors,
  path: "/genres",
  component: lazyRouteComponent(adminCatalogue, "GenresPage"),
});

const adminCategories = createRoute({
  ...editors,
  path: "/shelves",
  component: lazyRouteComponent(adminCatalogue, "CategoriesPage"),
});

const adminPeople = createRoute({
  ...editors,
  path: "/people",
  component: lazyRouteComponent(adminCatalogue, "PeoplePage"),
});

const adminUsers = createRoute({
  ...editors,
  path: "/users",
  component: lazyRouteComponent(() => import("./admin/users/users"), "UsersPage"),
});

const adminCues = createRoute({
  ...editors,
  path: "/films/$id/tracks/$track",
  component: lazyRouteComponent(adminPages, "CueRoute"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    browse,
    film,
    search,
    genre,
    category,
    person,
    myList,
    history,
    account,
    login,
    register,
    forgot,
    reset,
    preview,
    admin.addChildren([
      adminDesk,
      adminFilms,
      adminNewFilm,
      adminFilm,
      adminBuild,
      adminCues,
      adminUploads,
      adminPipeline,
      adminCatalogueFile,
      adminStorage,
      adminAudit,
      adminFigures,
      adminSettings,
      adminGenres,
      adminCategories,
      adminPeople,
      adminUsers,
    ]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: PageError,
  scrollRestoration: true,
});
keepFocus(router);

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
