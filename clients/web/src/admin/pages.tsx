/** The admin's pages, and the door before them. */
import { useEffect, useState } from "react";
import { Link, Route, Switch } from "wouter";
import { LoginForm } from "../account/login";
import { useLanguage } from "../i18n/language";
import { NotFoundPage } from "../pages/not-found";
import { session, useAccount } from "../session";
import { look } from "../ui/button";
import { AlertIcon } from "../ui/icons";
import { LogoutButton } from "../ui/logout-button";
import { ErrorNotice, Notice, Working } from "../ui/notice";
import { AdminFilmPage } from "./film";
import { AdminFilmListPage } from "./film-list";
import { NewFilmPage } from "./new-film";

export default function AdminPages() {
  const { t } = useLanguage();
  const account = useAccount();
  const door = useDoor();

  if (!account) {
    if (door.state === "checking") {
      return <Working label={t.login.checking} className="py-24" />;
    }
    return door.state === "failed" ? (
      <ErrorNotice error={door.error} onRetry={door.retry} />
    ) : (
      <LoginForm text={t.login.text} />
    );
  }
  if (account.role === "viewer") {
    return (
      <Notice icon={<AlertIcon className="size-10" />} title={t.login.noRights}>
        <LogoutButton className={look("quiet", "")} />
      </Notice>
    );
  }
  return (
    <div className="mx-auto w-full max-w-6xl px-4 sm:px-8">
      <nav className="mb-6 flex flex-wrap items-center justify-between gap-x-4 border-b border-line pb-3 text-sm sm:mb-8">
        <Link href="/admin" className="py-2 text-soft hover:text-ink">
          {t.site.manage}
        </Link>
        <span className="flex items-center gap-3 text-muted">
          <span className="max-sm:sr-only">{t.login.signedInAs(account.display_name || account.email)}</span>
          <LogoutButton className="min-h-11 rounded-full px-3 text-soft hover:bg-panel hover:text-ink" />
        </span>
      </nav>
      <Switch>
        <Route path="/admin" component={AdminFilmListPage} />
        <Route path="/admin/films/new" component={NewFilmPage} />
        <Route path="/admin/films/:id">{({ id }) => <AdminFilmPage key={id} id={id} />}</Route>
        <Route component={NotFoundPage} />
      </Switch>
    </div>
  );
}

type Door = { state: "checking" | "closed" } | { state: "failed"; error: unknown };

/** Looks once whether the cookie still holds a session, before asking anybody to log in. */
function useDoor(): Door & { retry(): void } {
  const [door, setDoor] = useState<Door>({ state: session.user ? "closed" : "checking" });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is another try
  useEffect(() => {
    let left = false;
    if (!session.user) {
      session.refresh().then(
        () => !left && setDoor({ state: "closed" }),
        (error: unknown) => !left && setDoor({ state: "failed", error }),
      );
    }
    return () => {
      left = true;
    };
  }, [round]);
  return {
    ...door,
    retry: () => {
      setDoor({ state: "checking" });
      setRound((current) => current + 1);
    },
  };
}
