/** Edits the cues of a subtitle track, one at a time. */
import { ApiError } from "@nang/api-client";
import { Fragment, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { count } from "../../lib/format";
import { Button } from "../../ui/button";
import { PlusIcon } from "../../ui/icons";
import { type CueDraft, draftOf, newDraft, rebased } from "./cue-draft";
import { CueFinder } from "./cue-finder";
import { CueForm } from "./cue-form";
import { type Cue, type CueList, PAGE_SIZE, pageAt, pageCount, searchCues, timesAfter } from "./cue-list";
import { CuePages } from "./cue-pages";
import { CueRow, editButtonId } from "./cue-row";
import type { CueChange, Cues } from "./use-cues";

const NO_FIELDS = {};

interface CueEditorProps {
  list: CueList;
  cues: Cues;
  language: string | null;
}

export function CueEditor({ list, cues, language }: CueEditorProps) {
  const { t } = useEditorLanguage();
  const [search, setSearch] = useState("");
  const [page, setPage] = useState(0);
  const [draft, setDraft] = useState<CueDraft | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [message, setMessage] = useState("");
  const [focused, setFocused] = useState<number | null>(null);
  const top = useRef<HTMLDivElement>(null);
  const wanted = useDeferredValue(search);
  const { items } = list;
  const found = useMemo(() => searchCues(items, wanted), [items, wanted]);
  const pages = pageCount(found);
  const shownPage = Math.min(page, pages - 1);
  const shown = found.slice(shownPage * PAGE_SIZE, (shownPage + 1) * PAGE_SIZE);

  useEffect(() => {
    if (focused !== null) {
      document.getElementById(editButtonId(focused))?.focus();
      setFocused(null);
    }
  }, [focused]);

  const open = useCallback((next: CueDraft | null) => {
    setDraft(next);
    setError(null);
    setMessage("");
  }, []);
  const edit = useCallback(
    (index: number) => {
      const cue = items[index];
      open(cue ? draftOf(cue, index) : null);
    },
    [items, open],
  );
  const insertAfter = useCallback(
    (index: number) => open(newDraft(timesAfter(items, index), index)),
    [items, open],
  );
  const close = () => {
    setFocused(draft && draft.index >= 0 ? draft.index : null);
    open(null);
  };
  /** Opens the page that shows the cue, even if the search would not find it. */
  const showCue = (newer: CueList, index: number) => {
    const inSearch = searchCues(newer.items, wanted);
    const at = inSearch.findIndex((item) => item.index === index);
    if (at < 0) {
      setSearch("");
    }
    setPage(Math.floor((at < 0 ? index : at) / PAGE_SIZE));
  };
  const run = async (change: CueChange) => {
    setError(null);
    setMessage("");
    const result = await cues.change(change);
    if (result?.status === "saved") {
      setDraft(null);
      const index = change.kind === "delete" ? null : indexOf(result.list, change.cue);
      if (index !== null) {
        showCue(result.list, index);
        setFocused(index);
      }
      setMessage(change.kind === "delete" ? t.cues.deleted : t.cues.saved);
    } else if (result?.status === "outdated") {
      const next = draft && rebased(draft, result.list.items);
      setDraft(next?.draft ?? null);
      setError(next?.isGone ? t.cues.cueGone : t.cues.outdated);
      // The editor must see the cues around it, which the search would hide.
      setSearch("");
      setPage(Math.floor(Math.max(0, next?.draft.index ?? 0) / PAGE_SIZE));
    } else if (result) {
      setError(result.error);
    }
  };
  const goTo = (ms: number) => {
    setSearch("");
    setPage(pageAt(searchCues(items, ""), ms));
    const at = items.findIndex((cue) => cue.end_ms > ms);
    setFocused(at < 0 ? items.length - 1 : at);
  };
  const turnTo = (next: number) => {
    setPage(next);
    top.current?.scrollIntoView({ block: "start" });
  };
  const save = (current: CueDraft, cue: Cue) =>
    run(current.before === null ? { kind: "insert", cue } : { kind: "update", index: current.index, cue });

  const form = draft && (
    <CueForm
      draft={draft}
      language={language}
      working={cues.working}
      error={error}
      fields={error instanceof ApiError ? error.fields : NO_FIELDS}
      onChange={setDraft}
      onSave={(cue) => void save(draft, cue)}
      onDelete={() => void run({ kind: "delete", index: draft.index })}
      onClose={close}
    />
  );
  const isFormListed = draft !== null && shown.some(({ index }) => index === draft.index);
  const pageButtons = <CuePages page={shownPage} pages={pages} total={found.length} onPage={turnTo} />;
  return (
    <div ref={top} className="scroll-mt-4 space-y-4">
      <CueFinder
        search={search}
        language={language}
        onSearch={(text) => {
          setSearch(text);
          setPage(0);
        }}
        onTime={goTo}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm text-muted" role="status">
          {message !== ""
            ? message
            : wanted === ""
              ? t.cues.count(count(items.length))
              : t.cues.found(count(found.length))}
        </p>
        <Button disabled={draft !== null} onClick={() => insertAfter(-1)}>
          <PlusIcon className="size-5" />
          {t.cues.insertFirst}
        </Button>
      </div>
      {!isFormListed && form}
      {found.length === 0 && (
        <p className="rounded-2xl border border-dashed border-line px-4 py-5 text-soft">
          {items.length === 0 ? t.cues.empty : t.cues.notFound(wanted)}
        </p>
      )}
      {pageButtons}
      <ol className="divide-y divide-line">
        {shown.map((item) => (
          <Fragment key={item.index}>
            {draft?.index === item.index && draft.before !== null ? (
              <li className="py-3">{form}</li>
            ) : (
              <li>
                <CueRow
                  item={item}
                  language={language}
                  disabled={draft !== null || cues.working}
                  onEdit={edit}
                  onInsertAfter={insertAfter}
                />
              </li>
            )}
            {draft?.index === item.index && draft.before === null && <li className="py-3">{form}</li>}
          </Fragment>
        ))}
      </ol>
      {shown.length > 10 && pageButtons}
    </div>
  );
}

function indexOf({ items }: CueList, { start_ms, end_ms, text }: Cue): number | null {
  const same = items.findIndex(
    (cue) => cue.start_ms === start_ms && cue.end_ms === end_ms && cue.text === text,
  );
  const at = same >= 0 ? same : items.findIndex((cue) => cue.start_ms === start_ms && cue.end_ms === end_ms);
  return at < 0 ? null : at;
}
