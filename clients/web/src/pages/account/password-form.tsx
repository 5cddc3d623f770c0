import { ApiError } from "@nang/api-client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountError, newPasswordProblem, PasswordField } from "../../account/account-form";
import { useLanguage } from "../../i18n/language";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { Panel } from "./panel";
import { sessionsQuery } from "./sessions-query";

/** Changing the password logs out all other devices. */
export function PasswordForm() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const change = useMutation({
    mutationFn: (body: { old_password: string; new_password: string }) =>
      api.post("/api/auth/password", { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  const isWrong = change.error instanceof ApiError && change.error.status === 403;
  const isRefused = change.error instanceof ApiError && change.error.fields.new_password !== undefined;
  return (
    <Panel title={t.settings.password}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const values = new FormData(form);
          const new_password = String(values.get("new_password"));
          const weak = newPasswordProblem(new_password, t);
          setProblem(weak);
          if (weak === null) {
            change.mutate(
              { old_password: String(values.get("old_password")), new_password },
              { onSuccess: () => form.reset() },
            );
          }
        }}
      >
        <PasswordField
          name="old_password"
          label={t.settings.oldPassword}
          autoComplete="current-password"
          problem={isWrong ? t.settings.passwordWrong : null}
        />
        <PasswordField
          name="new_password"
          label={t.settings.newPassword}
          hint={t.account.passwordHint}
          autoComplete="new-password"
          problem={problem ?? (isRefused ? t.account.passwordRefused : null)}
        />
        <InlineError error={isWrong || isRefused ? null : change.error && accountError(change.error, t)} />
        <Button type="submit" disabled={change.isPending}>
          {change.isPending ? t.settings.saving : t.settings.changePassword}
        </Button>
        <p role="status" className="text-leaf empty:hidden">
          {change.isSuccess && t.settings.passwordChanged}
        </p>
      </form>
    </Panel>
  );
}
