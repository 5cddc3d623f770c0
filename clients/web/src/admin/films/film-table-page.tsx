/** `/admin/films`: all films with search, filters and actions for many. Films in progress follow the server's events. */
import type { AdminFilm } from "@nang/api-client";
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { EndlessList } from "../../catalogue/endless-list";
import { itemsOf } from "../../catalogue/queries";
import { useEditorLanguage } from "../../i18n/editor";
import { useDelayed } from "../../lib/use-delayed";
import { useTitle } from "../../lib/use-title";
import { CheckField } from "../../ui/check-field";
import { Field } from "../../ui/field";
import { ErrorNotice, Working } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import { EmptyCatalogue } from "../empty-catalogue";
import { NewFilmLink } from "../new-film-link";
import { useWorkEvents } from "../use-work-events";
import { BulkBar } from "./bulk-bar";
import { COLUMNS, useColumns } from "./columns";
import { FilmTable } from "./film-table";
import { filmTableQuery, updateFilm } from "./film-table-query";
import { STATUSES, VISIBILITIES } from "./film-table-search";

const TYPING_PAUSE_MS = 250;

export function FilmTablePage() {
  const { t } = useEditorLanguage();
  useTitle(t.catalogue.films);
  const search = useSearch({ from: "/admin/films" });
  const client = useQueryClient();
  const list = useInfiniteQuery({ ...filmTableQuery(search), placeholderData: keepPreviousData });
  const films = itemsOf(list.data);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { shown, toggle } = useColumns();
  useWorkEvents((film) => updateFilm(client, film));

  const selected = films.filter(({ id }) => chosen.has(id));
  const isFiltered = Object.keys(search).length > 0;
  if (list.isPending) {
    return <Working label={t.admin.loading} className="py-24" />;
  }
  if (list.isError && films.length === 0) {
    return <ErrorNotice error={list.error} onRetry={() => list.refetch()} />;
  }
  if (films.length === 0 && !isFiltered) {
    return <EmptyCatalogue />;
  }
  const choose = (items: readonly AdminFilm[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const { id } of items) {
      if (isChosen) {
        next.add(id);
      } else {
        next.delete(id);
      }
    }
    setChosen(next);
  };
  return (
    <>
      <div className="mb-5 flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-bold sm:text-3xl">{t.admin.title}</h1>
        <NewFilmLink />
      </div>
      <Filters />
      <details className="mt-2">
        <summary className="w-fit rounded-lg py-2.5 pr-3 text-sm text-soft">{t.filmTable.columns}</summary>
        <div className="flex flex-wrap gap-x-6">
          {COLUMNS.map((name) => (
            <CheckField
              key={name}
              label={t.filmTable.columnNames[name]}
              checked={shown.includes(name)}
              onChange={() => toggle(name)}
            />
          ))}
        </div>
      </details>
      {films.length === 0 ? (
        <p role="status" className="mt-6 text-soft">
          {t.filmTable.none}
        </p>
      ) : (
        <FilmTable films={films} columns={shown} chosen={chosen} onChoose={choose} />
      )}
      <EndlessList list={list} />
      {selected.length > 0 && <BulkBar films={selected} onClear={() => setChosen(new Set())} />}
    </>
  );
}

function Filters() {
  const { t } = useEditorLanguage();
  const search = useSearch({ from: "/admin/films" });
  const navigate = useNavigate({ from: "/admin/films" });
  const [text, setText] = useState(search.q ?? "");
  const settled = useDelayed(text.trim(), TYPING_PAUSE_MS);
  const change = (part: Partial<Record<keyof typeof search, string>>) =>
    void navigate({ search: (before) => ({ ...before, ...part }) as typeof search, replace: true });

  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed changes the address
  useEffect(() => {
    if (settled !== (search.q ?? "")) {
      change({ q: settled });
    }
  }, [settled]);

  return (
    <div className="flex flex-wrap items-end gap-3">
      <Field
        className="min-w-52 flex-2"
        label={t.filmTable.find}
        type="search"
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <SelectField
        className="min-w-36 flex-1"
        label={t.filmTable.columnNames.stage}
        value={search.status ?? ""}
        onChange={(event) => change({ status: event.currentTarget.value })}
        options={[
          { value: "", label: t.filmTable.all },
          ...STATUSES.map((value) => ({ value, label: t.filmTable.statuses[value] })),
        ]}
      />
      <SelectField
        className="min-w-36 flex-1"
        label={t.filmTable.columnNames.visibility}
        value={search.visibility ?? ""}
        onChange={(event) => change({ visibility: event.currentTarget.value })}
        options={[
          { value: "", label: t.filmTable.all },
          ...VISIBILITIES.map((value) => ({ value, label: t.rights.visibility[value].name })),
        ]}
      />
      <CheckField
        label={t.filmTable.deleted}
        checked={search.deleted === "1"}
        onChange={(isChecked) => change({ deleted: isChecked ? "1" : "" })}
      />
    </div>
  );
}
