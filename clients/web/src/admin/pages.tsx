/** The admin pages, which require an editor's or admin's session. */

import { Outlet, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { LoginForm } from "../account/login";
import { useEditorLanguage } from "../i18n/editor";
import { session, useAccount } from "../session";
import { ButtonLink, buttonClass } from "../ui/button";
import { AlertIcon } from "../ui/icons";
import { LogoutButton } from "../ui/logout-button";
import { ErrorNotice, Notice, Working } from "../ui/notice";
import { AdminMenu } from "./admin-menu";
import { CuePage } from "./cues/cue-page";
import { AdminFilmPage } from "./film";
import { UploadDock } from "./uploads/upload-dock";

export { AuditPage } from "./audit/audit-page";
export { CatalogueFilePage } from "./catalogue-file/catalogue-file-page";
export { DeskPage } from "./desk/desk-page";
export { FiguresPage } from "./figures/figures-page";
export { BuildPage } from "./film-page/build-page";
export { FilmTablePage } from "./films/film-table-page";
export { NewFilmPage } from "./new-film";
export { PipelinePage } from "./pipeline/pipeline-page";
export { SettingsPage } from "./settings-page";
export { StoragePage } from "./storage-page";
export { UploadsPage } from "./uploads/uploads-page";

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
        <ButtonLink to="/" kind="primary">
          {t.site.home}
        </ButtonLink>
        <LogoutButton className={buttonClass("secondary", "")} />
      </Notice>
    );
  }
  return (
    <div className="page-width lg:flex lg:gap-8">
      <AdminMenu account={account} />
      <div className="min-w-0 flex-1">
        <Outlet />
      </div>
      <UploadDock />
    </div>
  );
}

export function AdminFilmRoute() {
  const { id, tab } = useParams({ from: "/admin/films/$id/{-$tab}" });
  return <AdminFilmPage key={id} id={id} tab={tab} />;
}

export function CueRoute() {
  const { id, track } = useParams({ from: "/admin/films/$id/tracks/$track" });
  return <CuePage key={track} filmId={id} trackId={track} />;
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
