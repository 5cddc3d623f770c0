/** `/admin/films/<film>/builds/<build>`: one encoding, beside the one before it. */
import type { AdminFilm, Build } from "@nang/api-client";
import { ApiError } from "@nang/api-client";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { byteSize } from "../../lib/format";
import { useTitle } from "../../lib/use-title";
import { NotFoundPage } from "../../pages/not-found";
import type { Jump } from "../../player/player";
import { api } from "../../session";
import { ConfirmButton } from "../../ui/button";
import { CheckField } from "../../ui/check-field";
import { DateTime } from "../../ui/date-time";
import { BackIcon } from "../../ui/icons";
import { ErrorNotice, InlineError, Working } from "../../ui/notice";
import { DamageReport } from "../damage/damage-report";
import { EncodingProgress } from "../encoding-progress";
import { FilmPreview } from "../film-preview";
import { newestFirst } from "../film-stage";
import { SubtitleNotes } from "../master-streams";
import { Reason } from "../reason";
import { useAction } from "../use-action";
import { useLiveFilm } from "../use-live-film";
import { BuildName, BuildState } from "./build-record";
import { Chapters } from "./chapters";
import { EncodeAgain } from "./encode-again";
import { OpenFilmContext } from "./open-film";
import { RenditionTable } from "./rendition-table";

export function BuildPage() {
  const { t } = useEditorLanguage();
  const { id, build: buildId } = useParams({ from: "/admin/films/$id/builds/$build" });
  const { film, error, accept, reload } = useLiveFilm(id);
  const build = film?.builds.find((one) => one.id === buildId);
  const isMissing = error instanceof ApiError && (error.status === 404 || error.status === 400);
  if ((film && !build) || (!film && isMissing)) {
    return <NotFoundPage />;
  }
  if (!film || !build) {
    return error ? (
      <ErrorNotice error={error} onRetry={reload} />
    ) : (
      <Working label={t.admin.loading} className="py-24" />
    );
  }
  return (
    <OpenFilmContext value={{ film, accept, reload }}>
      <BuildDetails film={film} build={build} />
    </OpenFilmContext>
  );
}

function BuildDetails({ film, build }: { film: AdminFilm; build: Build }) {
  const { t, language } = useEditorLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  useTitle(`${title.text}: ${t.builds.title}`);
  const [jump, setJump] = useState<Jump | null>(null);
  const [isCompared, setCompared] = useState(true);
  const former = formerBuild(film, build);
  const isShown = build.id === film.build_id;
  const isUnfinished =
    build.state === "analysing" || build.state === "encoding" || build.state === "publishing";
  const total = build.renditions.reduce((sum, { size_bytes }) => sum + (size_bytes ?? 0), 0);
  const file = film.files.find(({ id }) => id === build.file_id);
  return (
    <div className="space-y-8">
      <header className="space-y-2">
        <Link
          to="/admin/films/$id/{-$tab}"
          params={{ id: film.id, tab: "builds" }}
          className="inline-flex min-h-11 items-center gap-2 text-soft hover:text-ink"
        >
          <BackIcon className="size-5" />
          <span lang={title.lang}>{title.text}</span>
        </Link>
        <h1 className="text-2xl font-bold sm:text-3xl">
          <BuildName build={build} />
        </h1>
        <p className="flex flex-wrap gap-2">
          <BuildState build={build} inUse={isShown} />
        </p>
        <p className="text-sm break-words text-muted">
          {file && t.builds.ofFile(file.name)}
          {build.finished_at && (
            <>
              {" · "}
              {t.builds.finished} <DateTime at={build.finished_at} />
            </>
          )}
          {total > 0 && ` · ${byteSize(total)}`}
        </p>
      </header>
      {build.failure && (
        <Reason
          text={build.failure}
          reason={build.reason}
          className="rounded-xl bg-ember/12 px-4 py-3 text-ember"
        />
      )}
      {build.state === "encoding" && (
        <section className="rounded-3xl border border-line bg-stage p-4 sm:p-8">
          <EncodingProgress build={build} />
        </section>
      )}
      {build.renditions.length > 0 && (
        <section className="space-y-3">
          <h2 className="text-lg font-semibold">{t.builds.renditions}</h2>
          {former && (
            <CheckField
              label={t.builds.compare}
              hint={t.builds.compareHint}
              checked={isCompared}
              onChange={setCompared}
            />
          )}
          <RenditionTable build={build} former={isCompared ? former : null} />
        </section>
      )}
      <DamageReport film={film} build={build} {...(isShown && { onJump: setJump })} />
      <SubtitleNotes build={build} />
      <Chapters build={build} {...(isShown && { onJump: setJump })} />
      {isShown && (
        <section className="space-y-3">
          <h2 className="text-lg font-semibold">{t.film.preview}</h2>
          <FilmPreview film={film} title={title.text} jump={jump} />
        </section>
      )}
      {!isUnfinished && (
        <section className="flex flex-wrap gap-3">
          {file?.state === "uploaded" && file.purpose === "master" && <EncodeAgain fileId={file.id} />}
          {!isShown && build.state !== "damaged" && <DeleteBuild build={build} />}
        </section>
      )}
    </div>
  );
}

function DeleteBuild({ build }: { build: Build }) {
  const { t } = useEditorLanguage();
  const { working, error, run } = useAction();
  return (
    <div className="space-y-2">
      <ConfirmButton
        label={t.damage.delete}
        question={t.builds.deleteSure}
        yes={t.damage.delete}
        no={t.film.cancel}
        disabled={working}
        onConfirm={() => run(() => api.delete("/api/admin/builds/{id}", { path: { id: build.id } }))}
      />
      <InlineError error={error} />
    </div>
  );
}

/** The newest whole build of the same kind before this one. */
function formerBuild(film: AdminFilm, build: Build): Build | null {
  const whole = ["ready", "superseded", "damaged"];
  return (
    newestFirst(film.builds).find(
      (other) =>
        other.kind === build.kind &&
        other.id < build.id &&
        whole.includes(other.state) &&
        other.renditions.some(({ average_bps }) => average_bps !== null),
    ) ?? null
  );
}
