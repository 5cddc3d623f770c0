/** `/forgot`: requests a one-time link by e-mail. A server that sends no e-mail says what to do instead. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { ButtonLink } from "../ui/button";
import { Field } from "../ui/field";
import { CheckIcon, LockIcon } from "../ui/icons";
import { ErrorNotice, Notice, Working } from "../ui/notice";
import { useFieldProblems } from "../ui/use-field-problems";
import { AccountForm, accountError, emailProblem, fieldProblem } from "./account-form";
import { loginOptionsQuery } from "./options-query";

export default function ForgotPage() {
  const { t } = useLanguage();
  useTitle(t.account.forgotTitle);
  const { data, error, isPending, refetch } = useQuery(loginOptionsQuery);
  if (isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (!data) {
    return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  }
  return data.sends_mail ? (
    <ForgotForm />
  ) : (
    <Notice
      icon={<LockIcon className="size-10" />}
      title={t.account.forgotTitle}
      text={t.account.forgotNoMail}
    >
      <ButtonLink to="/login">{t.login.title}</ButtonLink>
    </Notice>
  );
}

function ForgotForm() {
  const { t } = useLanguage();
  const [stage, setStage] = useState<"open" | "working" | "done">("open");
  const fields = useFieldProblems({ email: (value) => emailProblem(value, t) });
  const [error, setError] = useState<unknown>(null);

  const submit = async (form: FormData) => {
    setError(null);
    if (!fields.check(form)) {
      return;
    }
    setStage("working");
    try {
      await api.post("/api/auth/forgot-password", { body: { email: String(form.get("email")).trim() } });
      setStage("done");
    } catch (failure) {
      setStage("open");
      const isInvalidEmail = fieldProblem(failure, "email");
      fields.report(isInvalidEmail ? { email: t.account.needEmail } : {});
      setError(isInvalidEmail ? null : accountError(failure, t));
    }
  };
  if (stage === "done") {
    return (
      <Notice
        icon={<CheckIcon className="size-10" />}
        title={t.account.forgotDone}
        text={t.account.forgotDoneText}
      >
        <ButtonLink to="/login">{t.login.title}</ButtonLink>
      </Notice>
    );
  }
  return (
    <AccountForm
      title={t.account.forgotTitle}
      text={t.account.forgotText}
      submit={t.account.forgotSubmit}
      working={stage === "working"}
      error={error}
      onSubmit={(form) => void submit(form)}
      onInput={fields.onInput}
    >
      <Field
        label={t.login.email}
        name="email"
        type="email"
        autoComplete="username"
        problem={fields.problems.email ?? null}
        required
        autoFocus
      />
    </AccountForm>
  );
}
