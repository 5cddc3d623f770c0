/** The films of a category in their order. Each change is saved at once. */
import type { AdminCategory, AdminFilm, Film } from "@nang/api-client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { allItems } from "../../lib/all-items";
import { api } from "../../session";
import { CloseIcon } from "../../ui/icons";
import { InlineError, Working } from "../../ui/notice";
import { Sortable } from "../../ui/sortable";
import { SearchPicker } from "../search-picker";
import { ifMatch } from "./noun";

type ListedFilm = Pick<Film, "id" | "titles" | "slug">;

export function CategoryFilms({ category }: { category: AdminCategory }) {
  const { t, language } = useEditorLanguage();
  const client = useQueryClient();
  const queryKey = ["admin-category-films", category.id];
  const { data, error, isPending } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const path = { id: category.id };
      const [present, films] = await Promise.all([
        api.get("/api/admin/categories/{id}", { path, signal }),
        allItems(api.pages("/api/admin/categories/{id}/films", { path, signal }).items()),
      ]);
      return { present, films: films as ListedFilm[] };
    },
    staleTime: 0,
  });
  const order = useMutation({
    mutationFn: async ({ films, present }: { films: ListedFilm[]; present: AdminCategory }) => {
      await api.put("/api/admin/categories/{id}/films", {
        path: { id: category.id },
        header: ifMatch(present),
        body: { films: films.map(({ id }) => id) },
      });
    },
    onMutate: ({ films, present }) => client.setQueryData(queryKey, { films, present }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  if (isPending) {
    return <Working label={t.player.loading} className="py-6" />;
  }
  const films = data?.films ?? [];
  const save = (changed: ListedFilm[]) => data && order.mutate({ films: changed, present: data.present });
  const nameOf = ({ titles }: ListedFilm) => titleOf(titles, language, t.films.untitled);
  return (
    <section className="mt-6 space-y-3 border-t border-line pt-5">
      <h3 className="text-lg font-semibold">{t.catalogue.categoryFilms}</h3>
      <InlineError error={error ?? order.error} />
      {films.length === 0 && <p className="text-soft">{t.catalogue.categoryEmpty}</p>}
      <Sortable
        items={films}
        keyOf={({ id }) => id}
        nameOf={(film) => nameOf(film).text}
        upLabel={t.catalogue.up}
        downLabel={t.catalogue.down}
        disabled={order.isPending}
        onSort={save}
      >
        {(film) => (
          <div className="flex items-center gap-1">
            <span lang={nameOf(film).lang} className="min-w-0 flex-1 break-words">
              {nameOf(film).text}
            </span>
            <button
              type="button"
              className="grid size-11 place-items-center rounded-full text-muted hover:bg-raised hover:text-ink disabled:opacity-40"
              aria-label={t.catalogue.takeOut(nameOf(film).text)}
              disabled={order.isPending}
              onClick={() => save(films.filter(({ id }) => id !== film.id))}
            >
              <CloseIcon className="size-5" />
            </button>
          </div>
        )}
      </Sortable>
      <SearchPicker<AdminFilm>
        title={t.catalogue.addFilm}
        label={t.filmTable.find}
        queryKey="admin-films-found"
        find={async (text, signal) => {
          const { items } = await api.get("/api/admin/films", { query: { text, limit: 20 }, signal });
          return items.filter(({ id }) => films.every((film) => film.id !== id));
        }}
        nameOf={nameOf}
        noteOf={({ year, visibility }) =>
          [year, t.rights.visibility[visibility].name].filter(Boolean).join(" · ")
        }
        disabled={order.isPending}
        onPick={(film) => save([...films, film])}
      />
      <p role="status" className="text-sm text-leaf empty:hidden">
        {order.isSuccess && t.catalogue.orderSaved}
      </p>
    </section>
  );
}
