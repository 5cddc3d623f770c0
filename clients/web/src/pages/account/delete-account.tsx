/** Deletes the account for good, after the viewer has said so and entered the password. */
import { ApiError } from "@nang/api-client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { accountError, PasswordField } from "../../account/account-form";
import { useLanguage } from "../../i18n/language";
import { api, session } from "../../session";
import { Button } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { useFieldProblems } from "../../ui/use-field-problems";
import { Panel } from "./panel";

export function DeleteAccount() {
  const { t } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  return (
    <Panel title={t.settings.deleteAccount} text={t.settings.deleteAccountText}>
      {isOpen ? (
        <DeleteForm onCancel={() => setOpen(false)} />
      ) : (
        <Button kind="danger" onClick={() => setOpen(true)}>
          {t.settings.deleteAccount}
        </Button>
      )}
    </Panel>
  );
}

function DeleteForm({ onCancel }: { onCancel(): void }) {
  const { t } = useLanguage();
  const { history } = useRouter();
  const fields = useFieldProblems({ password: () => null });
  const remove = useMutation({
    // An account that logs in with the identity provider has no password.
    mutationFn: (password: string) =>
      api.post("/api/auth/me/delete", { body: { password: password === "" ? null : password } }),
    onSuccess: async () => {
      history.push("/");
      // The server has ended the session; this makes the page notice.
      await session.refresh().catch(() => false);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 403) {
        fields.report({ password: t.settings.passwordWrong });
      }
    },
  });
  const isWrong = remove.error instanceof ApiError && remove.error.status === 403;
  return (
    <form
      noValidate
      className="space-y-4 rounded-2xl border border-ember/50 bg-ember/10 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        remove.mutate(String(new FormData(event.currentTarget).get("password")));
      }}
      onInput={fields.onInput}
    >
      <p>{t.settings.deleteAccountSure}</p>
      <PasswordField
        name="password"
        label={t.login.password}
        hint={t.settings.noPasswordHint}
        autoComplete="current-password"
        problem={fields.problems.password ?? null}
      />
      <InlineError error={isWrong ? null : remove.error && accountError(remove.error, t)} />
      <div className="flex flex-wrap gap-3">
        <Button onClick={onCancel}>{t.lists.keep}</Button>
        <Button type="submit" kind="danger" disabled={remove.isPending}>
          {t.settings.deleteAccountNow}
        </Button>
      </div>
    </form>
  );
}
