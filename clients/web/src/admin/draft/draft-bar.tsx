/** Saving a draft: what was merged, the choices that conflicts need, and the buttons. It also guards unsaved changes. */
import { ApiError } from "@nang/api-client";
import { useBlocker } from "@tanstack/react-router";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";
import type { Draft } from "./use-draft";

interface DraftBarProps<D extends object> {
  draft: Draft<D>;
  /** The name of a field, as the form shows it. */
  labelOf(field: keyof D & string): string;
  /** A value in words, for the choice in a conflict. */
  textOf(field: keyof D & string, values: D): string;
  /** The fields beside which the form itself shows the server's objection. */
  fieldsWithProblems?: readonly string[];
  onSave?(): void;
}

export function DraftBar<D extends object>(props: DraftBarProps<D>) {
  const { draft, labelOf, fieldsWithProblems = [] } = props;
  const { t } = useEditorLanguage();
  const { error } = draft;
  const isShownBeside =
    error instanceof ApiError &&
    Object.keys(error.fields).length > 0 &&
    Object.keys(error.fields).every((name) => fieldsWithProblems.includes(name));
  return (
    <div className="space-y-4">
      {draft.isDirty && draft.adopted.length > 0 && (
        <p role="status" className="rounded-xl bg-river/12 px-4 py-3 text-river">
          {t.draft.adopted(draft.adopted.map(labelOf).join(", "))}
        </p>
      )}
      {draft.conflicts.size > 0 && <Conflicts {...props} />}
      <InlineError error={isShownBeside ? t.draft.checkFields : error} />
      <div className="sticky bottom-0 z-10 -mx-1 flex flex-wrap items-center gap-3 border-t border-line bg-night/95 px-1 py-3 backdrop-blur">
        <Button
          kind="primary"
          disabled={!draft.isDirty || draft.isSaving || draft.conflicts.size > 0}
          onClick={props.onSave ?? (() => void draft.save())}
        >
          {draft.isSaving ? t.film.saving : t.film.save}
        </Button>
        {draft.isDirty && (
          <Button disabled={draft.isSaving} onClick={draft.discard}>
            {t.draft.discard}
          </Button>
        )}
        <p role="status" className={`text-sm ${draft.isSaved ? "text-leaf" : "text-muted"}`}>
          {draft.isSaved ? (
            <span className="inline-flex items-center gap-2">
              <CheckIcon className="size-5" />
              {t.film.saved}
            </span>
          ) : (
            draft.isDirty && t.draft.unsaved
          )}
        </p>
      </div>
      <UnsavedGuard isDirty={draft.isDirty} />
    </div>
  );
}

function Conflicts<D extends object>({ draft, labelOf, textOf }: DraftBarProps<D>) {
  const { t } = useEditorLanguage();
  return (
    <section
      role="alert"
      aria-label={t.draft.conflictTitle}
      className="space-y-4 rounded-2xl border border-lamp/60 bg-lamp/8 p-4 sm:p-6"
    >
      <h2 className="text-lg font-semibold text-accent">{t.draft.conflictTitle}</h2>
      <p className="text-soft">{t.draft.conflictText}</p>
      <ul className="space-y-4">
        {[...draft.conflicts].map(([field, theirs]) => (
          <li key={field} className="space-y-2">
            <p className="font-semibold">{labelOf(field)}</p>
            <div className="grid gap-3 sm:grid-cols-2">
              {[
                { isMine: true, title: t.draft.yours, values: draft.values },
                { isMine: false, title: t.draft.theirs, values: { ...draft.values, [field]: theirs } },
              ].map(({ isMine, title, values }) => (
                <div key={title} className="flex flex-col gap-2 rounded-xl border border-line bg-stage p-3">
                  <p className="text-sm text-muted">{title}</p>
                  <p className="max-h-40 flex-1 overflow-y-auto break-words whitespace-pre-wrap">
                    {textOf(field, values) || t.draft.empty}
                  </p>
                  <Button
                    aria-label={`${isMine ? t.draft.keepYours : t.draft.takeTheirs}: ${labelOf(field)}`}
                    onClick={() => draft.resolve(field, isMine)}
                  >
                    {isMine ? t.draft.keepYours : t.draft.takeTheirs}
                  </Button>
                </div>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Asks before another page, or a closed tab, loses the changes. */
function UnsavedGuard({ isDirty }: { isDirty: boolean }) {
  const { t } = useEditorLanguage();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: isDirty,
    withResolver: true,
  });
  if (blocker.status !== "blocked") {
    return null;
  }
  return (
    <Dialog title={t.draft.leaveTitle} closeLabel={t.player.close} onClose={blocker.reset}>
      <p className="mb-5 text-soft">{t.draft.leaveText}</p>
      <div className="flex flex-wrap gap-3">
        <Button kind="primary" onClick={blocker.reset}>
          {t.draft.stay}
        </Button>
        <Button kind="danger" onClick={blocker.proceed}>
          {t.draft.leave}
        </Button>
      </div>
    </Dialog>
  );
}
