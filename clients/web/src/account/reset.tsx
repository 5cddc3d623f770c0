/** `/reset#…`: sets a new password, with a one-time link. */
import { ApiError } from "@nang/api-client";
import { useState } from "react";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { api, session } from "../session";
import { ButtonLink } from "../ui/button";
import { AlertIcon, CheckIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { useFieldProblems } from "../ui/use-field-problems";
import { AccountForm, accountError, linkToken, newPasswordProblem, PasswordField } from "./account-form";

export default function ResetPage() {
  const { t } = useLanguage();
  useTitle(t.account.resetTitle);
  const [token] = useState(linkToken);
  const [stage, setStage] = useState<"open" | "working" | "done" | "link-invalid">(
    token === "" ? "link-invalid" : "open",
  );
  const fields = useFieldProblems({ password: (value) => newPasswordProblem(value, t) });
  const [error, setError] = useState<unknown>(null);

  const submit = async (form: FormData) => {
    const new_password = String(form.get("password"));
    setError(null);
    if (!fields.check(form)) {
      return;
    }
    setStage("working");
    try {
      await api.post("/api/auth/reset", { body: { token, new_password } });
      if (session.user) {
        // The server has ended all sessions of the account. If this page's session is one of them, the refresh shows it.
        await session.refresh().catch(() => false);
      }
      setStage("done");
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 403) {
        setStage("link-invalid");
        return;
      }
      setStage("open");
      const refused = failure instanceof ApiError ? failure.fields.new_password : undefined;
      fields.report(refused === undefined ? {} : { password: t.account.passwordRefused });
      setError(refused === undefined ? accountError(failure, t) : null);
    }
  };
  if (stage === "link-invalid") {
    const text = token === "" ? t.account.linkIncomplete : t.account.linkInvalidText;
    return (
      <Notice icon={<AlertIcon className="size-10" />} title={t.account.linkInvalid} text={text} alert>
        <ButtonLink to="/login">{t.login.title}</ButtonLink>
      </Notice>
    );
  }
  if (stage === "done") {
    return (
      <Notice
        icon={<CheckIcon className="size-10" />}
        title={t.account.resetDone}
        text={t.account.resetDoneText}
      >
        <ButtonLink to="/login" kind="primary">
          {t.login.title}
        </ButtonLink>
      </Notice>
    );
  }
  return (
    <AccountForm
      title={t.account.resetTitle}
      text={t.account.resetText}
      submit={stage === "working" ? t.settings.saving : t.account.resetSubmit}
      working={stage === "working"}
      error={error}
      onSubmit={(form) => void submit(form)}
      onInput={fields.onInput}
    >
      <PasswordField
        name="password"
        label={t.account.newPassword}
        hint={t.account.passwordHint}
        problem={fields.problems.password ?? null}
        autoComplete="new-password"
      />
    </AccountForm>
  );
}
