import { ApiError } from "@nang/api-client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { accountError, fieldProblem, newPasswordProblem, PasswordField } from "../../account/account-form";
import { useLanguage } from "../../i18n/language";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { useFieldProblems } from "../../ui/use-field-problems";
import { Panel } from "./panel";
import { sessionsQuery } from "./sessions-query";

/** Changing the password logs out all other devices. */
export function PasswordForm() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const { problems, check, report, onInput } = useFieldProblems({
    // The form only knows that it is wrong after the server has said so.
    old_password: () => null,
    new_password: (value) => newPasswordProblem(value, t),
  });
  const change = useMutation({
    mutationFn: (body: { old_password: string; new_password: string }) =>
      api.post("/api/auth/password", { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
    onError: (error) => {
      if (error instanceof ApiError && error.status === 403) {
        report({ old_password: t.settings.passwordWrong });
      } else if (fieldProblem(error, "new_password")) {
        report({ new_password: t.account.passwordRefused });
      }
    },
  });
  const isAboutField =
    (change.error instanceof ApiError && change.error.status === 403) ||
    fieldProblem(change.error, "new_password");
  return (
    <Panel title={t.settings.password}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const values = new FormData(form);
          if (check(values)) {
            change.mutate(
              {
                old_password: String(values.get("old_password")),
                new_password: String(values.get("new_password")),
              },
              { onSuccess: () => form.reset() },
            );
          }
        }}
        onInput={onInput}
      >
        <PasswordField
          name="old_password"
          label={t.settings.oldPassword}
          autoComplete="current-password"
          problem={problems.old_password ?? null}
        />
        <PasswordField
          name="new_password"
          label={t.settings.newPassword}
          hint={t.account.passwordHint}
          autoComplete="new-password"
          problem={problems.new_password ?? null}
        />
        <InlineError error={isAboutField ? null : change.error && accountError(change.error, t)} />
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
