/** `/admin`: what needs a person now. */
import type { Desk, DeskFilm } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { dateTimeText } from "../../lib/dates";
import { byteSize } from "../../lib/format";
import { useTitle } from "../../lib/use-title";
import { api } from "../../session";
import { CheckIcon } from "../../ui/icons";
import { ErrorNotice, Working } from "../../ui/notice";
import { EmptyCatalogue } from "../empty-catalogue";
import { NewFilmLink } from "../new-film-link";
import { Reason } from "../reason";
import { Chip, type Tone } from "../status-chip";

const REFRESH_MS = 15_000;
const DESK_LISTS = ["damaged", "failed", "stopped_uploads", "unpublished", "opening", "closing"] as const;
type DeskListName = (typeof DESK_LISTS)[number];

/** Null before there is a film. */
const deskQuery = {
  queryKey: ["admin-desk"],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const { items } = await api.get("/api/admin/films", { query: { limit: 1 }, signal });
    return items.length === 0 ? null : api.get("/api/admin/desk", { signal });
  },
  staleTime: 0,
  refetchInterval: REFRESH_MS,
};

export function DeskPage() {
  const { t } = useEditorLanguage();
  useTitle(t.desk.title);
  const { data: desk, error, isPending, refetch } = useQuery(deskQuery);
  if (isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (desk === undefined) {
    return <ErrorNotice error={error} onRetry={() => refetch()} />;
  }
  if (desk === null) {
    return <EmptyCatalogue />;
  }
  const lists = DESK_LISTS.filter((name) => desk[name].count > 0);
  return (
    <div className="space-y-8">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-bold sm:text-3xl">{t.desk.title}</h1>
        <NewFilmLink />
      </div>
      <MachineState desk={desk} />
      {lists.length === 0 && (
        <p className="flex items-center gap-3 rounded-2xl border border-leaf/40 bg-leaf/8 px-4 py-5">
          <CheckIcon className="size-6 text-leaf" />
          {t.desk.nothing}
        </p>
      )}
      <div className="grid items-start gap-6 xl:grid-cols-2">
        {lists.map((name) => (
          <DeskSection key={name} name={name} desk={desk} />
        ))}
      </div>
    </div>
  );
}

const TONES: Record<DeskListName, Tone> = {
  damaged: "wait",
  failed: "bad",
  stopped_uploads: "wait",
  unpublished: "busy",
  opening: "plain",
  closing: "plain",
};

/** The tab of a film's page where its work is done. */
const TABS: Record<DeskListName, string | undefined> = {
  damaged: undefined,
  failed: undefined,
  stopped_uploads: undefined,
  unpublished: undefined,
  opening: "rights",
  closing: "rights",
};

function DeskSection({ name, desk }: { name: DeskListName; desk: Desk }) {
  const { t } = useEditorLanguage();
  const { count, films } = desk[name];
  return (
    <section className="rounded-3xl border border-line bg-stage p-4 sm:p-6">
      <h2 className="flex flex-wrap items-center gap-3 text-lg font-semibold">
        {t.desk.lists[name]}
        <Chip tone={TONES[name]}>{count}</Chip>
      </h2>
      <ul className="mt-2 divide-y divide-line">
        {films.map((film) => (
          <DeskRow key={`${film.film_id} ${film.part_id}`} film={film} list={name} />
        ))}
      </ul>
      {count > films.length && <p className="mt-2 text-sm text-muted">{t.desk.more(count - films.length)}</p>}
    </section>
  );
}

function DeskRow({ film, list }: { film: DeskFilm; list: DeskListName }) {
  const { t, language } = useEditorLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <li className="py-2">
      <Link
        to="/admin/films/$id/{-$tab}"
        params={{ id: film.film_id, tab: TABS[list] }}
        className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 hover:text-accent-strong"
      >
        <span lang={title.lang} className="font-semibold break-words">
          {title.text}
        </span>
        {film.at && <span className="text-sm text-muted">{dateTimeText(film.at, language)}</span>}
      </Link>
      {film.detail && (
        <Reason text={film.detail} reason={film.reason} className="line-clamp-3 text-sm text-soft" />
      )}
    </li>
  );
}

function MachineState({ desk: { storage, queue } }: { desk: Desk }) {
  const { t, language } = useEditorLanguage();
  const isShort =
    storage.free_bytes !== null &&
    storage.min_free_bytes !== null &&
    storage.free_bytes < 2 * storage.min_free_bytes;
  const cards: {
    title: string;
    value: string;
    note: string | null;
    isBad: boolean;
    to: NonNullable<LinkProps["to"]>;
  }[] = [
    {
      title: t.desk.disk,
      value: storage.free_bytes === null ? "–" : t.desk.free(byteSize(storage.free_bytes)),
      note: storage.fault ?? (isShort ? t.desk.diskShort : null),
      isBad: storage.fault !== null || isShort,
      to: "/admin/storage",
    },
    {
      title: t.pipeline.title,
      value: t.desk.queue(queue.running, queue.queued),
      note:
        queue.waiting_since === null
          ? null
          : t.desk.waitingSince(dateTimeText(queue.waiting_since, language)),
      isBad: false,
      to: "/admin/pipeline",
    },
    {
      title: t.desk.workers,
      value: String(queue.workers),
      note: queue.workers === 0 && queue.queued > 0 ? t.desk.noWorkers : null,
      isBad: queue.workers === 0 && queue.queued > 0,
      to: "/admin/pipeline",
    },
  ];
  return (
    <ul className="grid gap-3 sm:grid-cols-3">
      {cards.map(({ title, value, note, isBad, to }) => (
        <li key={title}>
          <Link
            to={to}
            className={`block h-full rounded-2xl border p-4 hover:bg-panel ${isBad ? "border-ember/60 bg-ember/8" : "border-line bg-stage"}`}
          >
            <span className="block text-sm text-muted">{title}</span>
            <span className="block text-lg font-semibold tabular-nums">{value}</span>
            {note && <span className={`block text-sm ${isBad ? "text-ember" : "text-muted"}`}>{note}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
