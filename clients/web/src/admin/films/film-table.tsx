import type { AdminFilm } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CatalogueImage } from "../../catalogue/catalogue-image";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { dateText } from "../../lib/dates";
import { percentOf, shortDuration } from "../../lib/format";
import { Meter } from "../../ui/meter";
import { screenArt } from "../../ui/screen-art";
import { type Column, DataTable } from "../data-table";
import { stageOf } from "../film-stage";
import { Reason } from "../reason";
import { StageChip, VisibilityChip } from "../status-chip";
import { useUpload } from "../upload/uploads";
import type { ColumnName } from "./columns";

interface FilmTableProps {
  films: readonly AdminFilm[];
  columns: readonly ColumnName[];
  chosen: ReadonlySet<string>;
  onChoose(films: readonly AdminFilm[], isChosen: boolean): void;
}

export function FilmTable({ films, columns, chosen, onChoose }: FilmTableProps) {
  const { t, language } = useEditorLanguage();
  const title = (film: AdminFilm) => titleOf(film.titles, language, t.films.untitled);
  const date = (at: string) => dateText(at, language);
  const cells: Record<ColumnName, (film: AdminFilm) => ReactNode> = {
    stage: (film) => <FilmProgress film={film} />,
    visibility: ({ visibility }) => <VisibilityChip visibility={visibility} />,
    year: ({ year }) => year ?? "–",
    length: ({ duration_ms, runtime_ms }) => {
      const length = duration_ms ?? runtime_ms;
      return length === null ? "–" : shortDuration(length, t);
    },
    genres: ({ genres }) =>
      genres.map(({ names, slug }) => titleOf(names, language, slug).text).join(", ") || "–",
    window: ({ availability: { from, until } }) =>
      from === null && until === null
        ? "–"
        : `${from === null ? "" : date(from)} – ${until === null ? "" : date(until)}`,
    created: ({ created_at }) => date(created_at),
  };
  const isAllChosen = films.every(({ id }) => chosen.has(id));
  const all: Column<AdminFilm>[] = [
    {
      name: t.filmTable.select,
      isNameHidden: true,
      cell: (film) => (
        <label className="grid size-11 place-items-center">
          <span className="sr-only">{t.filmTable.selectOf(title(film).text)}</span>
          <input
            type="checkbox"
            checked={chosen.has(film.id)}
            onChange={(event) => onChoose([film], event.currentTarget.checked)}
            className="size-5 accent-lamp"
          />
        </label>
      ),
    },
    { name: t.filmTable.film, isHeading: true, cell: (film) => <FilmName film={film} /> },
    ...columns.map((name) => ({ name: t.filmTable.columnNames[name], cell: cells[name] })),
  ];
  return (
    <div className="mt-4">
      <label className="mb-2 inline-flex min-h-11 items-center gap-3 pl-3 text-sm text-soft">
        <input
          type="checkbox"
          checked={isAllChosen}
          onChange={() => onChoose(films, !isAllChosen)}
          className="size-5 accent-lamp"
        />
        {t.filmTable.selectAll(films.length)}
      </label>
      <DataTable
        label={t.admin.title}
        rows={films}
        columns={all}
        keyOf={({ id }) => id}
        isSelected={({ id }) => chosen.has(id)}
      />
    </div>
  );
}

function FilmName({ film }: { film: AdminFilm }) {
  const { t, language } = useEditorLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <Link
      to="/admin/films/$id/{-$tab}"
      params={{ id: film.id }}
      className="flex min-h-11 items-center gap-3 text-left text-base hover:text-accent-strong"
    >
      {film.poster ? (
        <CatalogueImage
          image={film.poster}
          sizes="2.5rem"
          className="h-14 w-10 shrink-0 rounded object-cover"
        />
      ) : (
        <span
          style={screenArt(film.id)}
          className="screen-art h-14 w-10 shrink-0 rounded"
          aria-hidden="true"
        />
      )}
      <span lang={title.lang} className="min-w-0 break-words">
        {title.text}
      </span>
    </Link>
  );
}

/** The stage of a film, with how far an upload or an encoding is, or why it failed. */
function FilmProgress({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const upload = useUpload(film.id);
  const { stage, file, build, failure, reason } = stageOf(film);
  const progress =
    stage === "uploading" && file
      ? { done: upload?.sentBytes ?? file.received_bytes, total: file.size_bytes }
      : stage === "encoding" && build
        ? { done: build.progress.frames_done, total: build.progress.frames_total }
        : null;
  return (
    <span className="inline-block max-w-72 space-y-1">
      <StageChip stage={stage} />
      {progress && (
        <span className="flex items-center gap-3">
          <Meter label={t.admin.status[stage]} done={progress.done} total={progress.total} className="w-24" />
          {percentOf(progress.done, progress.total)} %
        </span>
      )}
      {failure && <Reason text={failure} reason={reason} className="line-clamp-2 text-ember" />}
    </span>
  );
}
