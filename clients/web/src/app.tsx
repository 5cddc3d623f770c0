/** The routes of all pages. Pages that only some visitors need are loaded on demand. */
import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { useLanguage } from "./i18n/language";
import { FilmListPage } from "./pages/film-list";
import { NotFoundPage } from "./pages/not-found";
import { Working } from "./ui/notice";
import { SiteFrame } from "./ui/site-frame";

const FilmPage = lazy(() => import("./pages/film"));
const LoginPage = lazy(() => import("./account/login"));
const RegisterPage = lazy(() => import("./account/register"));
const ForgotPage = lazy(() => import("./account/forgot"));
const ResetPage = lazy(() => import("./account/reset"));
const AdminPages = lazy(() => import("./admin/pages"));

export function App() {
  const { t } = useLanguage();
  return (
    <SiteFrame>
      <Suspense fallback={<Working label={t.player.loading} className="py-24" />}>
        <Switch>
          <Route path="/" component={FilmListPage} />
          <Route path="/films/:id">{({ id }) => <FilmPage key={id} id={id} />}</Route>
          <Route path="/login" component={LoginPage} />
          <Route path="/register" component={RegisterPage} />
          <Route path="/forgot" component={ForgotPage} />
          <Route path="/reset" component={ResetPage} />
          <Route path="/admin/*?" component={AdminPages} />
          <Route component={NotFoundPage} />
        </Switch>
      </Suspense>
    </SiteFrame>
  );
}
