/** The links with which people without an account see and play a film before it is public. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { dateTimeText } from "../../lib/dates";
import { api } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { LinkDialog, type OneTimeLink } from "../users/link-dialog";
import { PreviewLinkDialog } from "./preview-link-dialog";

export function PreviewLinks({ filmId }: { filmId: string }) {
  const { t, language } = useEditorLanguage();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [created, setCreated] = useState<OneTimeLink | null>(null);
  const queryKey = ["admin-preview-links", filmId];
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.get("/api/admin/films/{id}/preview-links", { path: { id: filmId }, signal }),
    staleTime: 0,
  });
  const refresh = () => client.invalidateQueries({ queryKey });
  const revoke = useMutation({
    mutationFn: (id: string) => api.delete("/api/admin/preview-links/{id}", { path: { id } }),
    onSettled: refresh,
  });
  const open = (data?.items ?? []).filter(({ is_open }) => is_open);
  return (
    <section className="space-y-3">
      <h2 className="font-semibold">{t.rights.previews.title}</h2>
      <p className="text-soft">{t.rights.previews.text}</p>
      <InlineError error={error ?? revoke.error} />
      {open.length > 0 && (
        <ul
          aria-label={t.rights.previews.title}
          className="divide-y divide-line rounded-2xl border border-line bg-stage"
        >
          {open.map(({ id, note, created_at, expires_at }) => {
            const name = note ?? t.rights.previews.nameless(dateTimeText(created_at, language));
            return (
              <li key={id} className="flex flex-wrap items-center justify-between gap-3 p-3 sm:px-5">
                <p className="min-w-0 break-words">
                  {name}
                  <span className="block text-sm text-muted">
                    {t.users.validUntil(dateTimeText(expires_at, language))}
                  </span>
                </p>
                <ConfirmButton
                  label={t.rights.previews.revoke}
                  name={`${t.rights.previews.revoke}: ${name}`}
                  question={t.rights.previews.revokeSure}
                  yes={t.rights.previews.revoke}
                  no={t.catalogue.cancel}
                  disabled={revoke.isPending}
                  onConfirm={() => revoke.mutate(id)}
                />
              </li>
            );
          })}
        </ul>
      )}
      <Button onClick={() => setAsking(true)}>{t.rights.previews.create}</Button>
      {isAsking && (
        <PreviewLinkDialog
          filmId={filmId}
          onClose={() => setAsking(false)}
          onCreated={(link) => {
            setAsking(false);
            setCreated(link);
            void refresh();
          }}
        />
      )}
      {created && (
        <LinkDialog
          link={created}
          text={t.rights.previews.linkText(dateTimeText(created.expires_at, language))}
          onClose={() => setCreated(null)}
        />
      )}
    </section>
  );
}
