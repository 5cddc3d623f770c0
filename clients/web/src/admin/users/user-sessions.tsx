/** The devices on which an account is logged in; an admin can end one session or all. */
import type { AdminUser } from "@nang/api-client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEditorLanguage } from "../../i18n/editor";
import { allItems } from "../../lib/all-items";
import { dateTimeText } from "../../lib/dates";
import { deviceName } from "../../lib/device-name";
import { api } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { InlineError, Working } from "../../ui/notice";

export function UserSessions({ user, onClose }: { user: AdminUser; onClose(): void }) {
  const { t, language } = useEditorLanguage();
  const client = useQueryClient();
  const queryKey = ["admin-user-sessions", user.id];
  const path = { id: user.id };
  const { data, error, isPending } = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      allItems(api.pages("/api/admin/users/{id}/sessions", { path, query: { limit: 100 }, signal }).items()),
    staleTime: 0,
  });
  const end = useMutation({
    mutationFn: (sessionId: string | null) =>
      sessionId === null
        ? api.delete("/api/admin/users/{id}/sessions", { path })
        : api.delete("/api/admin/users/{id}/sessions/{session_id}", {
            path: { ...path, session_id: sessionId },
          }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  const name = user.display_name || user.email;
  return (
    <Dialog title={t.users.sessionsOf(name)} closeLabel={t.player.close} onClose={onClose}>
      {isPending && <Working label={t.player.loading} />}
      <InlineError error={error ?? end.error} />
      {data?.length === 0 && <p className="text-soft">{t.users.noSessions}</p>}
      <ul className="divide-y divide-line">
        {data?.map((one) => {
          const device = deviceName(one.user_agent) ?? t.settings.unknownDevice;
          return (
            <li key={one.id} className="flex flex-wrap items-center justify-between gap-3 py-3">
              <p className="min-w-0">
                {device}
                <span className="block text-sm text-muted">
                  {t.settings.lastUsed(dateTimeText(one.last_used_at, language))}
                  {one.address && ` · ${one.address}`}
                </span>
              </p>
              <Button
                aria-label={t.settings.endSessionOf(device)}
                disabled={end.isPending}
                onClick={() => end.mutate(one.id)}
              >
                {t.settings.endSession}
              </Button>
            </li>
          );
        })}
      </ul>
      {data && data.length > 0 && (
        <div className="mt-4">
          <ConfirmButton
            label={t.users.endAll}
            question={t.users.endAllSure(name)}
            yes={t.users.endAll}
            no={t.catalogue.cancel}
            disabled={end.isPending}
            onConfirm={() => end.mutate(null)}
          />
        </div>
      )}
    </Dialog>
  );
}
