/** The invitations that can still be used, each with a way to withdraw it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEditorLanguage } from "../../i18n/editor";
import { allItems } from "../../lib/all-items";
import { dateTimeText } from "../../lib/dates";
import { api } from "../../session";
import { ConfirmButton } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { Chip } from "../status-chip";

export const INVITATIONS_KEY = ["admin-invitations"];

export function Invitations() {
  const { t, language } = useEditorLanguage();
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: INVITATIONS_KEY,
    queryFn: ({ signal }) =>
      allItems(api.pages("/api/admin/invitations", { query: { limit: 100 }, signal }).items()),
    staleTime: 0,
  });
  const withdraw = useMutation({
    mutationFn: (id: string) => api.delete("/api/admin/invitations/{id}", { path: { id } }),
    onSettled: () => client.invalidateQueries({ queryKey: INVITATIONS_KEY }),
  });
  const open = (data ?? []).filter(
    ({ used_at, withdrawn_at, expires_at }) =>
      used_at === null && withdrawn_at === null && Date.parse(expires_at) > Date.now(),
  );
  if (open.length === 0 && !error) {
    return null;
  }
  return (
    <section className="mt-10 space-y-3">
      <h2 className="text-lg font-semibold">{t.users.invitations}</h2>
      <InlineError error={error ?? withdraw.error} />
      <ul className="divide-y divide-line rounded-3xl border border-line bg-stage">
        {open.map(({ id, email, role, expires_at }) => {
          const name = email ?? t.users.openToAll;
          return (
            <li key={id} className="flex flex-wrap items-center justify-between gap-3 p-3 sm:px-5">
              <p className="min-w-0 break-all">
                {name} <Chip>{t.users.roles[role]}</Chip>
                <span className="block text-sm text-muted">
                  {t.users.validUntil(dateTimeText(expires_at, language))}
                </span>
              </p>
              <ConfirmButton
                label={t.users.withdraw}
                name={`${t.users.withdraw}: ${name}`}
                question={t.users.withdrawSure}
                yes={t.users.withdraw}
                no={t.catalogue.cancel}
                disabled={withdraw.isPending}
                onConfirm={() => withdraw.mutate(id)}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
