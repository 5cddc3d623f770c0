/** One film for admins: its stage (live), the next step, and all details. */
import { type AdminFilm, ApiError } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { titleOf } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { NotFoundPage } from "../pages/not-found";
import type { Jump } from "../player/player";
import { BackIcon } from "../ui/icons";
import { ErrorNotice, Working } from "../ui/notice";
import { DamageReport } from "./damage/damage-report";
import { EncodingProgress } from "./encoding-progress";
import { FailureReport } from "./failure-report";
import { FilmPreview } from "./film-preview";
import { FilmRecords } from "./film-records";
import { stageOf } from "./film-stage";
import { FilmSteps } from "./film-steps";
import { FilmTitles } from "./film-titles";
import { Publication } from "./publication";
import { StageChip, VisibilityChip } from "./status-chip";
import { TrackSection } from "./tracks/track-section";
import { DropZone } from "./upload/drop-zone";
import { RunningUpload, StoppedUpload } from "./upload/upload-panel";
import { forgetUpload, startUpload, uploadOf, useUpload } from "./upload/uploads";
import { useLiveFilm } from "./use-live-film";
import { VersionSection } from "./versions/version-section";

export function AdminFilmPage({ id }: { id: string }) {
  const { t } = useEditorLanguage();
  const { film, error, connected, accept, reload } = useLiveFilm(id);
  if (!film) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 400)) {
      return <NotFoundPage />;
    }
    return error ? (
      <ErrorNotice error={error} onRetry={reload} />
    ) : (
      <Working label={t.admin.loading} className="py-24" />
    );
  }
  return <FilmOverview film={film} connected={connected && !error} onChanged={accept} onReload={reload} />;
}

interface FilmOverviewProps {
  film: AdminFilm;
  connected: boolean;
  onChanged(film: AdminFilm): void;
  onReload(): void;
}

function FilmOverview({ film, connected, onChanged, onReload }: FilmOverviewProps) {
  const { t, language } = useEditorLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  const filmStage = stageOf(film);
  const upload = useUpload(film.id);
  const [jump, setJump] = useState<Jump | null>(null);
  const shown = film.builds.find(({ id }) => id === film.build_id);
  // This page knows about its own upload before the server reports it.
  const stage = upload && upload.phase !== "done" ? "uploading" : filmStage.stage;
  useTitle(title.text);
  return (
    <div className="space-y-6 sm:space-y-8">
      <header className="space-y-3">
        <div className="flex items-center justify-between gap-3">
          <Link to="/admin" className="inline-flex min-h-11 items-center gap-2 text-soft hover:text-ink">
            <BackIcon className="size-5" />
            {t.film.back}
          </Link>
          {!connected && (
            <span role="status" className="text-sm text-accent">
              {t.admin.reconnecting}
            </span>
          )}
        </div>
        <FilmTitles film={film} onChanged={onChanged} onReload={onReload} />
        <p className="flex flex-wrap gap-2">
          <StageChip stage={stage} />
          {filmStage.playable && <VisibilityChip visibility={film.visibility} />}
        </p>
      </header>
      <section className="space-y-6 rounded-3xl border border-line bg-stage p-4 sm:p-8">
        <FilmSteps stage={stage} />
        <NextStep film={film} />
      </section>
      {filmStage.held && <DamageReport film={film} build={filmStage.held} />}
      {filmStage.playable && (
        <section className="space-y-4">
          <h2 className="text-lg font-semibold">{t.film.preview}</h2>
          <Publication film={film} onChanged={onChanged} onReload={onReload} />
          <FilmPreview film={film} title={title.text} jump={jump} />
          {shown?.damage && <DamageReport film={film} build={shown} onJump={setJump} />}
        </section>
      )}
      {filmStage.playable && <TrackSection film={film} />}
      {filmStage.playable && <VersionSection film={film} />}
      <FilmRecords film={film} />
    </div>
  );
}

/** What is in progress, or what the admin must do next. */
function NextStep({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const { stage, file, build, failure } = stageOf(film);
  const upload = useUpload(film.id);
  const startWith = (chosen: File) => startUpload(film.id, chosen);

  // Once the server has the whole file, its record of the file says more than this page's upload.
  const uploadIsDone = upload?.phase === "done" && stage !== "uploading" && stage !== "empty";
  useEffect(() => {
    if (uploadIsDone) {
      forgetUpload(film.id);
    }
  }, [uploadIsDone, film.id]);

  if (upload && !uploadIsDone) {
    const discard = () => {
      void uploadOf(film.id)
        ?.discard()
        .catch(() => undefined);
      forgetUpload(film.id);
    };
    return <RunningUpload state={upload} upload={uploadOf(film.id)} onDiscard={discard} />;
  }
  if (stage === "uploading" && file) {
    return <StoppedUpload file={file} onResume={(chosen) => startUpload(film.id, chosen, file.id)} />;
  }
  if (stage === "encoding" && build) {
    return <EncodingProgress build={build} />;
  }
  if (stage === "checking" || stage === "analysing" || stage === "publishing") {
    return (
      <div className="space-y-2">
        <Working label={t.admin.status[stage]} className="justify-start! text-ink!" />
        <p className="text-muted">{t.film.stageText[stage]}</p>
      </div>
    );
  }
  return (
    <div className="space-y-6">
      {failure !== null && <FailureReport film={film} />}
      {file?.state === "duplicate" && file.note && (
        <p className="rounded-xl bg-raised px-4 py-3">{file.note}</p>
      )}
      {(stage === "ready" || stage === "damaged") && failure === null ? (
        <ReplaceMaster onFile={startWith} />
      ) : (
        <DropZone title={t.upload.dropTitle} hint={t.upload.dropHint} onFile={startWith} />
      )}
    </div>
  );
}

function ReplaceMaster({ onFile }: { onFile(file: File): void }) {
  const { t } = useEditorLanguage();
  return (
    <details className="group">
      <summary className="inline-flex min-h-11 list-none items-center rounded-full border border-line bg-panel px-5 hover:bg-raised">
        {t.upload.replaceTitle}
      </summary>
      <div className="mt-4">
        <DropZone title={t.upload.dropTitle} hint={t.upload.replaceHint} onFile={onFile} />
      </div>
    </details>
  );
}
