/** `/history`: what the viewer watched, day by day. */
import type { HistoryItem } from "@nang/api-client";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { EndlessList } from "../catalogue/endless-list";
import { FilmLine } from "../catalogue/film-line";
import { historyQuery, itemsOf } from "../catalogue/queries";
import type { Dictionary } from "../i18n/en";
import { type Language, titleOf, useLanguage } from "../i18n/language";
import { dateText, daysAgo } from "../lib/dates";
import { clockTime } from "../lib/format";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { AccountOnly } from "../site/account-only";
import { PageLoading } from "../site/page-states";
import { ButtonLink, ConfirmButton } from "../ui/button";
import { ClockIcon, CloseIcon } from "../ui/icons";
import { ErrorNotice, InlineError, Notice } from "../ui/notice";

export default function HistoryPage() {
  const { t } = useLanguage();
  useTitle(t.nav.history);
  return <AccountOnly>{() => <History />}</AccountOnly>;
}

function History() {
  const { t, language } = useLanguage();
  const list = useInfiniteQuery(historyQuery);
  const change = useHistoryChange();
  const items = itemsOf(list.data);
  if (list.isPending) {
    return <PageLoading />;
  }
  if (list.isError && items.length === 0) {
    return <ErrorNotice error={list.error} onRetry={() => list.refetch()} />;
  }
  if (items.length === 0) {
    return (
      <Notice
        icon={<ClockIcon className="size-10" />}
        title={t.lists.historyEmpty}
        text={t.lists.historyEmptyText}
      >
        <ButtonLink to="/films" kind="primary">
          {t.lists.browse}
        </ButtonLink>
      </Notice>
    );
  }
  return (
    <div className="page-width max-w-4xl!">
      <h1 className="mt-2 mb-4 text-2xl font-bold sm:mt-4 sm:text-3xl">{t.nav.history}</h1>
      <ConfirmButton
        label={t.lists.clearHistory}
        question={t.lists.clearSure}
        yes={t.lists.clear}
        no={t.lists.keep}
        disabled={change.isPending}
        onConfirm={() => change.mutate(null)}
      />
      <InlineError error={change.error} />
      {byDay(items, t, language).map(({ day, entries }) => (
        <section key={day} className="mt-7">
          <h2 className="text-lg font-semibold">{day}</h2>
          <ul className="mt-2 divide-y divide-line">
            {entries.map((item) => (
              <HistoryEntry
                key={`${item.film.id}-${item.begun_at}`}
                item={item}
                onRemove={() => change.mutate(item.film.id)}
              />
            ))}
          </ul>
        </section>
      ))}
      <EndlessList list={list} />
    </div>
  );
}

function HistoryEntry({ item, onRemove }: { item: HistoryItem; onRemove(): void }) {
  const { t, language } = useLanguage();
  const { film, finished, furthest_ms } = item;
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <li className="flex items-center gap-2 py-2">
      <FilmLine film={film}>
        <span className="text-sm text-muted">
          {finished ? t.lists.finished : t.lists.watchedUntil(clockTime(furthest_ms / 1000))}
        </span>
      </FilmLine>
      <button
        type="button"
        aria-label={t.lists.removeFromHistory(title.text)}
        onClick={onRemove}
        className="grid size-11 shrink-0 place-items-center rounded-full text-muted hover:bg-panel hover:text-ink"
      >
        <CloseIcon className="size-5" />
      </button>
    </li>
  );
}

/** Deletes a film from the history; null deletes all films. */
function useHistoryChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (filmId: string | null) => {
      await (filmId === null
        ? api.delete("/api/history")
        : api.delete("/api/history/{film_id}", { path: { film_id: filmId } }));
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: historyQuery.queryKey });
      void client.invalidateQueries({ queryKey: ["recommendations"] });
    },
  });
}

/** The server lists a film once a day; days here are those of this device. */
function byDay(items: readonly HistoryItem[], t: Dictionary, language: Language) {
  const now = new Date();
  const days = new Map<string, HistoryItem[]>();
  for (const item of items) {
    const at = new Date(item.watched_at);
    const ago = daysAgo(at, now);
    const day = ago <= 0 ? t.lists.today : ago === 1 ? t.lists.yesterday : dateText(at, language);
    days.set(day, [...(days.get(day) ?? []), item]);
  }
  return [...days].map(([day, entries]) => ({ day, entries }));
}
