/** Chooses an action for the selected films, runs it, and shows the result of each. */
import type { AdminFilm } from "@nang/api-client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { explain } from "../../i18n/problems";
import { allItems } from "../../lib/all-items";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Meter } from "../../ui/meter";
import { SelectField } from "../../ui/select-field";
import { instant } from "../film-page/rights-draft";
import { Chip } from "../status-chip";
import { BULK_KINDS, type BulkKind, type BulkResult, runBulk } from "./bulk";
import { refetchFilms } from "./film-table-query";

interface BulkBarProps {
  films: readonly AdminFilm[];
  onClear(): void;
}

export function BulkBar({ films, onClear }: BulkBarProps) {
  const { t, language } = useEditorLanguage();
  const client = useQueryClient();
  const [kind, setKind] = useState<BulkKind>("publish");
  const [value, setValue] = useState("");
  const [run, setRun] = useState<{ total: number; results: BulkResult[] } | null>(null);
  const nouns = useQuery({
    queryKey: ["admin-bulk-nouns", kind],
    queryFn: ({ signal }) =>
      kind === "genre"
        ? allItems(api.pages("/api/admin/genres", { query: { limit: 100 }, signal }).items())
        : allItems(api.pages("/api/admin/categories", { query: { limit: 100 }, signal }).items()),
    enabled: kind === "genre" || kind === "category",
  });
  const needsValue = kind === "schedule" || kind === "genre" || kind === "category";
  const start = async () => {
    const results: BulkResult[] = [];
    setRun({ total: films.length, results });
    const action = { kind, value: kind === "schedule" ? (instant(value) ?? "") : value };
    await runBulk(api, films, action, (result) => {
      results.push(result);
      setRun({ total: films.length, results: [...results] });
    });
    await refetchFilms(client);
  };
  return (
    <section
      aria-label={t.filmTable.bulk}
      className="sticky bottom-0 z-20 mt-4 flex flex-wrap items-end gap-3 rounded-2xl border border-line bg-panel p-3 shadow-xl sm:p-4"
    >
      <p role="status" className="w-full font-semibold sm:w-auto sm:self-center">
        {t.filmTable.selected(films.length)}
      </p>
      <SelectField
        className="min-w-44 flex-1"
        label={t.filmTable.action}
        value={kind}
        onChange={({ currentTarget: { value: chosen } }) => {
          setKind(BULK_KINDS.find((one) => one === chosen) ?? "publish");
          setValue("");
        }}
        options={BULK_KINDS.map((one) => ({ value: one, label: t.filmTable.actions[one] }))}
      />
      {kind === "schedule" && (
        <Field
          className="min-w-52 flex-1"
          type="datetime-local"
          label={t.rights.labels.publishAt}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      )}
      {(kind === "genre" || kind === "category") && (
        <SelectField
          className="min-w-44 flex-1"
          label={t.filmTable.target[kind]}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          options={[
            { value: "", label: t.catalogue.chooseTarget },
            ...(nouns.data ?? []).map(({ id, names, slug }) => ({
              value: id,
              label: titleOf(names, language, slug).text,
            })),
          ]}
        />
      )}
      <Button kind="primary" disabled={needsValue && value === ""} onClick={() => void start()}>
        {t.filmTable.apply}
      </Button>
      <Button onClick={onClear}>{t.filmTable.clear}</Button>
      {run && (
        <BulkResults
          total={run.total}
          results={run.results}
          onClose={() => {
            setRun(null);
            onClear();
          }}
        />
      )}
    </section>
  );
}

const TONES = { changed: "good", unchanged: "plain", deleted: "bad", failed: "bad" } as const;

interface BulkResultsProps {
  total: number;
  results: readonly BulkResult[];
  onClose(): void;
}

function BulkResults({ total, results, onClose }: BulkResultsProps) {
  const { t, language } = useEditorLanguage();
  const failed = results.filter(({ outcome }) => TONES[outcome] === "bad").length;
  const isDone = results.length === total;
  return (
    <Dialog title={t.filmTable.resultTitle} closeLabel={t.player.close} onClose={() => isDone && onClose()}>
      <div className="space-y-4">
        <Meter label={t.filmTable.resultTitle} done={results.length} total={total} />
        <p role="status">{t.filmTable.result(results.length - failed, failed, total)}</p>
        <ul className="max-h-[50dvh] divide-y divide-line overflow-y-auto">
          {results.map(({ film, outcome, error }) => {
            const title = titleOf(film.titles, language, t.films.untitled);
            return (
              <li key={film.id} className="flex flex-wrap items-center justify-between gap-2 py-2">
                <span lang={title.lang} className="min-w-0 break-words">
                  {title.text}
                </span>
                <Chip tone={TONES[outcome]}>{t.filmTable.outcomes[outcome]}</Chip>
                {outcome === "failed" && (
                  <p className="w-full text-sm text-ember">{explain(error, t, language)}</p>
                )}
              </li>
            );
          })}
        </ul>
        <Button kind="primary" disabled={!isDone} onClick={onClose}>
          {t.player.close}
        </Button>
      </div>
    </Dialog>
  );
}
