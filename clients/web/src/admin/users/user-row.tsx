import type { AdminUser } from "@nang/api-client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { dateText } from "../../lib/dates";
import { api, useAccount } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { Chip } from "../status-chip";
import type { OneTimeLink } from "./link-dialog";
import { UserSessions } from "./user-sessions";
import { ROLES, type Role } from "./users-query";

/** One account. Admins change neither the role of their own account nor disable it, so that one admin always remains. */
export function UserRow({ user, onLink }: { user: AdminUser; onLink(link: OneTimeLink): void }) {
  const [showsSessions, setShowsSessions] = useState(false);
  const { t, language } = useEditorLanguage();
  const isOwn = useAccount()?.id === user.id;
  const client = useQueryClient();
  const name = user.display_name || user.email;
  const change = useMutation({
    mutationFn: (body: { role?: Role; disabled?: boolean }) =>
      api.patch("/api/admin/users/{id}", {
        path: { id: user.id },
        header: { "If-Match": `"${user.version}"` },
        body,
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ["admin-users"] }),
  });
  const reset = useMutation({
    mutationFn: () => api.post("/api/admin/users/{id}/reset-link", { path: { id: user.id } }),
    onSuccess: onLink,
  });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 p-3 sm:px-5">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-x-3 font-semibold break-words">
          {name}
          {user.disabled_at !== null && <Chip tone="bad">{t.users.disabled}</Chip>}
          {isOwn && <Chip>{t.users.you}</Chip>}
        </p>
        <p className="text-sm break-all text-muted">
          {user.email} · {t.users.since(dateText(user.created_at, language))}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <select
          aria-label={t.users.roleOf(name)}
          value={user.role}
          disabled={isOwn || change.isPending}
          onChange={({ currentTarget: { value } }) => {
            const role = ROLES.find((one) => one === value);
            if (role) {
              change.mutate({ role });
            }
          }}
          className="min-h-11 rounded-full border border-line bg-panel px-4 text-base text-ink disabled:opacity-60"
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {t.users.roles[role]}
            </option>
          ))}
        </select>
        <Button
          aria-label={t.users.resetLinkOf(name)}
          disabled={reset.isPending}
          onClick={() => reset.mutate()}
        >
          {t.users.resetLink}
        </Button>
        <Button aria-label={t.users.sessionsOf(name)} onClick={() => setShowsSessions(true)}>
          {t.users.sessions}
        </Button>
        {!isOwn &&
          (user.disabled_at === null ? (
            <ConfirmButton
              label={t.users.disable}
              name={t.users.disableOf(name)}
              question={t.users.disableSure(name)}
              yes={t.users.disable}
              no={t.catalogue.cancel}
              disabled={change.isPending}
              onConfirm={() => change.mutate({ disabled: true })}
            />
          ) : (
            <Button
              aria-label={t.users.enableOf(name)}
              disabled={change.isPending}
              onClick={() => change.mutate({ disabled: false })}
            >
              {t.users.enable}
            </Button>
          ))}
      </div>
      <InlineError error={change.error ?? reset.error} />
      {showsSessions && <UserSessions user={user} onClose={() => setShowsSessions(false)} />}
    </li>
  );
}
