/** `/admin/storage`: the disk space of each film, largest first. */
import type { ItemOf } from "@nang/api-client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { EndlessList } from "../catalogue/endless-list";
import { itemsOf } from "../catalogue/queries";
import { useEditorLanguage } from "../i18n/editor";
import { titleOf } from "../i18n/language";
import { byteSize } from "../lib/format";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { Meter } from "../ui/meter";
import { ErrorNotice, Working } from "../ui/notice";
import { DataTable } from "./data-table";
import { Chip } from "./status-chip";

type FilmStorage = ItemOf<"/api/admin/storage">;

export function StoragePage() {
  const { t, language } = useEditorLanguage();
  useTitle(t.storage.title);
  const list = useInfiniteQuery({
    queryKey: ["admin-storage"],
    queryFn: ({ pageParam, signal }) =>
      api.get("/api/admin/storage", {
        query: { limit: 50, ...(pageParam !== null && { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 0,
  });
  const films = itemsOf(list.data);
  if (list.isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (list.isError && films.length === 0) {
    return <ErrorNotice error={list.error} onRetry={() => list.refetch()} />;
  }
  const largest = Math.max(1, ...films.map(totalOf));
  return (
    <div className="space-y-4">
      <h1 className="text-2xl font-bold sm:text-3xl">{t.storage.title}</h1>
      <p className="text-soft">{t.storage.intro}</p>
      {films.length === 0 ? (
        <p className="text-soft">{t.storage.empty}</p>
      ) : (
        <DataTable
          label={t.storage.title}
          rows={films}
          keyOf={({ film_id }) => film_id}
          columns={[
            {
              name: t.filmTable.film,
              isHeading: true,
              cell: (film) => {
                const title = titleOf(film.titles, language, t.films.untitled);
                return (
                  <Link
                    to="/admin/films/$id/{-$tab}"
                    params={{ id: film.film_id, tab: "builds" }}
                    lang={title.lang}
                    className="inline-flex min-h-11 items-center gap-2 hover:text-accent-strong"
                  >
                    {title.text}
                    {film.deleted && <Chip tone="bad">{t.storage.deleted}</Chip>}
                  </Link>
                );
              },
            },
            {
              name: t.storage.total,
              cell: (film) => (
                <span className="inline-block w-36 space-y-1">
                  {byteSize(totalOf(film))}
                  <Meter label={t.storage.total} done={totalOf(film)} total={largest} />
                </span>
              ),
            },
            { name: t.storage.masters, cell: ({ masters_bytes }) => byteSize(masters_bytes) },
            { name: t.storage.builds, cell: ({ builds_bytes }) => byteSize(builds_bytes) },
            { name: t.storage.images, cell: ({ images_bytes }) => byteSize(images_bytes) },
          ]}
        />
      )}
      <EndlessList list={list} />
    </div>
  );
}

function totalOf({ masters_bytes, builds_bytes, images_bytes }: FilmStorage): number {
  return masters_bytes + builds_bytes + images_bytes;
}
