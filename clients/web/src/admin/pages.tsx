/** The admin pages, which require an editor's or admin's session. */

import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { LoginForm } from "../account/login";
import { useEditorLanguage } from "../i18n/editor";
import { session, useAccount } from "../session";
import { buttonClass } from "../ui/button";
import { AlertIcon } from "../ui/icons";
import { LogoutButton } from "../ui/logout-button";
import { ErrorNotice, Notice, Working } from "../ui/notice";
import { CuePage } from "./cues/cue-page";
import { AdminFilmPage } from "./film";

export { AdminFilmListPage } from "./film-list";
export { NewFilmPage } from "./new-film";

export function AdminFrame() {
  const { t } = useEditorLanguage();
  const account = useAccount();
  const check = useSessionCheck();

  if (!account) {
    if (check.state === "checking") {
      return <Working label={t.login.checking} className="py-24" />;
    }
    return check.state === "failed" ? (
      <ErrorNotice error={check.error} onRetry={check.retry} />
    ) : (
      <LoginForm text={t.login.text} />
    );
  }
  if (account.role === "viewer") {
    return (
      <Notice icon={<AlertIcon className="size-10" />} title={t.login.noRights}>
        <LogoutButton className={buttonClass("secondary", "")} />
      </Notice>
    );
  }
  return (
    <div className="mx-auto w-full max-w-6xl px-4 sm:px-8">
      <nav
        aria-label={t.catalogue.menu}
        className="mb-6 flex flex-wrap items-center justify-between gap-x-4 border-b border-line pb-3 text-sm sm:mb-8"
      >
        <EditorMenu isAdmin={account.role === "admin"} />
        <span className="flex items-center gap-3 text-muted">
          <span className="max-sm:sr-only">{t.login.loggedInAs(account.display_name || account.email)}</span>
          <LogoutButton className="min-h-11 rounded-full px-3 text-soft hover:bg-panel hover:text-ink" />
        </span>
      </nav>
      <Outlet />
    </div>
  );
}

export function AdminFilmRoute() {
  const { id } = useParams({ from: "/admin/films/$id" });
  return <AdminFilmPage key={id} id={id} />;
}

export function CueRoute() {
  const { id, track } = useParams({ from: "/admin/films/$id/tracks/$track" });
  return <CuePage key={track} filmId={id} trackId={track} />;
}

function EditorMenu({ isAdmin }: { isAdmin: boolean }) {
  const { t } = useEditorLanguage();
  const pages = [
    { to: "/admin", text: t.catalogue.films },
    { to: "/admin/shelves", text: t.catalogue.categories.title },
    { to: "/admin/genres", text: t.catalogue.genres.title },
    { to: "/admin/people", text: t.catalogue.people.title },
    ...(isAdmin ? [{ to: "/admin/users", text: t.users.title } as const] : []),
  ] as const;
  return (
    <ul className="flex flex-wrap gap-x-1">
      {pages.map(({ to, text }) => (
        <li key={to}>
          <Link
            to={to}
            activeOptions={{ exact: true }}
            className="inline-flex min-h-11 items-center rounded-full px-3 text-soft hover:bg-panel hover:text-ink aria-[current=page]:bg-panel aria-[current=page]:text-ink"
          >
            {text}
          </Link>
        </li>
      ))}
    </ul>
  );
}

type SessionCheck = { state: "checking" | "logged-out" } | { state: "failed"; error: unknown };

/** Checks once whether the refresh cookie still belongs to a session, before the log-in form is shown. */
function useSessionCheck(): SessionCheck & { retry(): void } {
  const [check, setCheck] = useState<SessionCheck>({ state: session.user ? "logged-out" : "checking" });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt runs the check again
  useEffect(() => {
    let unmounted = false;
    if (!session.user) {
      session.refresh().then(
        () => !unmounted && setCheck({ state: "logged-out" }),
        (error: unknown) => !unmounted && setCheck({ state: "failed", error }),
      );
    }
    return () => {
      unmounted = true;
    };
  }, [attempt]);
  return {
    ...check,
    retry: () => {
      setCheck({ state: "checking" });
      setAttempt((current) => current + 1);
    },
  };
}
