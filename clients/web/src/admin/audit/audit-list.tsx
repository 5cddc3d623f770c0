/** Entries of the audit log, newest first: of everything, or of one subject. */
import type { ItemOf } from "@nang/api-client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { EndlessList } from "../../catalogue/endless-list";
import { itemsOf } from "../../catalogue/queries";
import { type EditorDictionary, useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { DateTime } from "../../ui/date-time";
import { ErrorNotice, Working } from "../../ui/notice";
import { changedValues } from "./changed-values";

export type AuditEntry = ItemOf<"/api/admin/audit">;

const auditQuery = (subjectId: string | null) => ({
  queryKey: ["admin-audit", subjectId],
  queryFn: ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) =>
    api.get("/api/admin/audit", {
      query: {
        limit: 50,
        ...(subjectId !== null && { subject_id: subjectId }),
        ...(pageParam !== null && { cursor: pageParam }),
      },
      signal,
    }),
  initialPageParam: null as string | null,
  getNextPageParam: ({ next_cursor }: { next_cursor: string | null }) => next_cursor,
  staleTime: 0,
});

export function AuditList({ subjectId = null }: { subjectId?: string | null }) {
  const { t } = useEditorLanguage();
  const list = useInfiniteQuery(auditQuery(subjectId));
  const entries = itemsOf(list.data);
  if (list.isPending) {
    return <Working label={t.player.loading} className="py-12" />;
  }
  if (list.isError && entries.length === 0) {
    return <ErrorNotice heading="h2" error={list.error} onRetry={() => list.refetch()} />;
  }
  return (
    <>
      {entries.length === 0 && <p className="text-soft">{t.audit.empty}</p>}
      <ol className="divide-y divide-line rounded-3xl border border-line bg-stage empty:hidden">
        {entries.map((entry) => (
          <AuditRow key={entry.id} entry={entry} showsSubject={subjectId === null} />
        ))}
      </ol>
      <EndlessList list={list} />
    </>
  );
}

function AuditRow({ entry, showsSubject }: { entry: AuditEntry; showsSubject: boolean }) {
  const { t } = useEditorLanguage();
  const changes = changedValues(entry.action, entry.changes);
  return (
    <li className="space-y-1 p-4">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-semibold">{actionText(entry.action, t)}</span>
        {showsSubject && entry.label && <span className="break-words">{entry.label}</span>}
      </p>
      <p className="text-sm break-words text-muted">
        <DateTime at={entry.created_at} /> · {entry.user_email ?? t.audit.byNang}
      </p>
      {changes.length > 0 && (
        <details className="text-sm">
          <summary className="min-h-11 content-center text-soft">{t.audit.changes(changes.length)}</summary>
          <dl className="space-y-2">
            {changes.map(({ field, before, after }) => (
              <div key={field}>
                <dt className="text-muted">{fieldText(field, t)}</dt>
                <dd className="break-words whitespace-pre-wrap">
                  {before !== null && (
                    <>
                      <del className="text-ember">{before}</del> →{" "}
                    </>
                  )}
                  {after === null ? t.draft.empty : <ins className="text-leaf no-underline">{after}</ins>}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}

/** An action that these pages do not know yet is shown by its name. */
export function actionText(action: string, t: EditorDictionary): string {
  return (t.audit.actions as Record<string, string>)[action] ?? action;
}

function fieldText(field: string, t: EditorDictionary): string {
  return (t.audit.fields as Record<string, string>)[field] ?? field;
}
