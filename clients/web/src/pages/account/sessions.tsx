/** The devices on which the account is logged in. */
import type { AccountSession } from "@nang/api-client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLanguage } from "../../i18n/language";
import { dateTimeText } from "../../lib/dates";
import { deviceName } from "../../lib/device-name";
import { api, session } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { InlineError, Working } from "../../ui/notice";
import { Panel } from "./panel";
import { sessionsQuery } from "./sessions-query";

export function Sessions() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const { data, error, isPending } = useQuery(sessionsQuery);
  const end = useMutation({
    mutationFn: (id: string) => api.delete("/api/auth/sessions/{id}", { path: { id } }),
    onSettled: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  const endAll = useMutation({
    mutationFn: async () => {
      await api.post("/api/auth/logout-everywhere");
      await session.logout();
    },
  });
  const sessions = data?.items ?? [];
  return (
    <Panel title={t.settings.sessions} text={t.settings.sessionsText}>
      {isPending && <Working label={t.player.loading} />}
      <InlineError error={error ?? end.error ?? endAll.error} />
      <ul className="divide-y divide-line">
        {sessions.map((one) => (
          <Device key={one.id} session={one} disabled={end.isPending} onEnd={() => end.mutate(one.id)} />
        ))}
      </ul>
      <ConfirmButton
        label={t.settings.endAll}
        question={t.settings.endAllSure}
        yes={t.settings.endSession}
        no={t.lists.keep}
        disabled={endAll.isPending}
        onConfirm={() => endAll.mutate()}
      />
    </Panel>
  );
}

interface DeviceProps {
  session: AccountSession;
  disabled: boolean;
  onEnd(): void;
}

function Device({ session: { current, user_agent, address, last_used_at }, disabled, onEnd }: DeviceProps) {
  const { t, language } = useLanguage();
  const name = deviceName(user_agent) ?? t.settings.unknownDevice;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3">
      <div className="min-w-0">
        <p title={user_agent ?? undefined}>{name}</p>
        <p className="text-sm text-muted">
          {current ? t.settings.thisDevice : t.settings.lastUsed(dateTimeText(last_used_at, language))}
          {address && ` · ${address}`}
        </p>
      </div>
      {!current && (
        <Button aria-label={t.settings.endSessionOf(name)} disabled={disabled} onClick={onEnd}>
          {t.settings.endSession}
        </Button>
      )}
    </li>
  );
}
