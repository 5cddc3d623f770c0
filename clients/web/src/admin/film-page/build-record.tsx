/** One encoding in the list of a film's encodings. Its page says more. */
import type { Build } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { useEditorLanguage } from "../../i18n/editor";
import { percentOf } from "../../lib/format";
import { DateTime } from "../../ui/date-time";
import { SubtitleNotes } from "../master-streams";
import { Reason } from "../reason";
import { Chip, type Tone } from "../status-chip";
import { useOpenFilm } from "./open-film";
import { RenditionTable } from "./rendition-table";

const BUILD_TONES: Record<Build["state"], Tone> = {
  analysing: "busy",
  encoding: "busy",
  publishing: "busy",
  ready: "good",
  damaged: "wait",
  failed: "bad",
  cancelled: "plain",
  superseded: "plain",
};

export function BuildRecord({ build }: { build: Build }) {
  const { t } = useEditorLanguage();
  const { film } = useOpenFilm();
  const { frames_done, frames_total, jobs_done, jobs_total } = build.progress;
  const isWhole = build.state === "ready" || build.state === "damaged";
  return (
    <li className="space-y-3 rounded-2xl bg-panel p-4">
      <p className="flex flex-wrap items-center gap-2">
        <Link
          to="/admin/films/$id/builds/$build"
          params={{ id: film.id, build: build.id }}
          className="mr-auto min-h-11 content-center font-semibold underline decoration-line underline-offset-4 hover:decoration-current"
        >
          <BuildName build={build} />
        </Link>
        <BuildState build={build} inUse={build.id === film.build_id} />
      </p>
      {build.failure && <Reason text={build.failure} reason={build.reason} className="text-sm text-ember" />}
      {!isWhole && frames_total > 0 && (
        <p className="text-sm text-muted tabular-nums">
          {percentOf(frames_done, frames_total)} % · {t.film.jobs(jobs_done, jobs_total)}
        </p>
      )}
      {isWhole && build.renditions.length > 0 && <RenditionTable build={build} />}
      <SubtitleNotes build={build} />
    </li>
  );
}

/** `Film · default · 1 Dec 2026, 18:30` */
export function BuildName({ build }: { build: Build }) {
  const { t } = useEditorLanguage();
  return (
    <>
      {t.film.buildKind[build.kind]}
      {build.profile !== "" && ` · ${build.profile}`} · <DateTime at={build.created_at} />
    </>
  );
}

export function BuildState({ build, inUse }: { build: Build; inUse: boolean }) {
  const { t } = useEditorLanguage();
  return (
    <>
      {inUse && <Chip tone="good">{t.film.inUse}</Chip>}
      {!(build.state === "ready" && inUse) && (
        <Chip tone={BUILD_TONES[build.state]}>{t.film.buildState[build.state]}</Chip>
      )}
    </>
  );
}
