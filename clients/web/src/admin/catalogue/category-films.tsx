/** The films of a category in their order. Each change is saved at once. */
import type { AdminCategory, Film } from "@nang/api-client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { allItems } from "../../lib/all-items";
import { api } from "../../session";
import { CloseIcon, DownIcon, UpIcon } from "../../ui/icons";
import { InlineError, Working } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import { ifMatch } from "./noun";

const ROUND =
  "grid size-11 place-items-center rounded-full text-muted hover:bg-raised hover:text-ink disabled:opacity-40";

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
      return { present, films };
    },
    staleTime: 0,
  });
  const order = useMutation({
    mutationFn: async ({ films, present }: { films: Film[]; present: AdminCategory }) => {
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
  const save = (changed: Film[]) => data && order.mutate({ films: changed, present: data.present });
  return (
    <section className="mt-6 border-t border-line pt-5">
      <h3 className="text-lg font-semibold">{t.catalogue.categoryFilms}</h3>
      <InlineError error={error ?? order.error} />
      {films.length === 0 && <p className="mt-2 text-soft">{t.catalogue.categoryEmpty}</p>}
      <ol className="mt-2 divide-y divide-line">
        {films.map((film, index) => {
          const title = titleOf(film.titles, language, t.films.untitled);
          return (
            <li key={film.id} className="flex items-center gap-1 py-1">
              <span lang={title.lang} className="min-w-0 flex-1 break-words">
                {title.text}
              </span>
              <button
                type="button"
                className={ROUND}
                aria-label={t.catalogue.up(title.text)}
                disabled={index === 0 || order.isPending}
                onClick={() => save(moved(films, index, -1))}
              >
                <UpIcon className="size-5" />
              </button>
              <button
                type="button"
                className={ROUND}
                aria-label={t.catalogue.down(title.text)}
                disabled={index === films.length - 1 || order.isPending}
                onClick={() => save(moved(films, index, 1))}
              >
                <DownIcon className="size-5" />
              </button>
              <button
                type="button"
                className={ROUND}
                aria-label={t.catalogue.takeOut(title.text)}
                disabled={order.isPending}
                onClick={() => save(films.filter(({ id }) => id !== film.id))}
              >
                <CloseIcon className="size-5" />
              </button>
            </li>
          );
        })}
      </ol>
      <AddFilm present={films} onAdd={(film) => save([...films, film])} disabled={order.isPending} />
      <p role="status" className="text-sm text-leaf empty:hidden">
        {order.isSuccess && t.catalogue.orderSaved}
      </p>
    </section>
  );
}

interface AddFilmProps {
  present: readonly Film[];
  disabled: boolean;
  onAdd(film: Film): void;
}

function AddFilm({ present, disabled, onAdd }: AddFilmProps) {
  const { t, language } = useEditorLanguage();
  const { data } = useQuery({
    queryKey: ["admin-all-films"],
    queryFn: ({ signal }) =>
      allItems(api.pages("/api/films", { query: { limit: 100, sort: "title_en" }, signal }).items()),
  });
  const others = (data ?? []).filter(({ id }) => !present.some((film) => film.id === id));
  return (
    <SelectField
      className="mt-3"
      label={t.catalogue.addFilm}
      disabled={disabled || others.length === 0}
      value=""
      onChange={({ currentTarget: { value } }) => {
        const film = others.find(({ id }) => id === value);
        if (film) {
          onAdd(film);
        }
      }}
      options={[
        { value: "", label: t.catalogue.chooseTarget },
        ...others.map(({ id, titles }) => ({
          value: id,
          label: titleOf(titles, language, t.films.untitled).text,
        })),
      ]}
    />
  );
}

/** The films with the one at `index` moved by `step` places. */
function moved(films: readonly Film[], index: number, step: -1 | 1): Film[] {
  const changed = [...films];
  const [film] = changed.splice(index, 1);
  return film ? [...changed.slice(0, index + step), film, ...changed.slice(index + step)] : changed;
}
