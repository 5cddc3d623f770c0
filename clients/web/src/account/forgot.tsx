/** `/forgot`: requests a one-time link by e-mail, if the server sends e-mail. */
import { useState } from "react";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { ButtonLink } from "../ui/button";
import { Field } from "../ui/field";
import { CheckIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { AccountForm, accountError, fieldProblem } from "./account-form";

export default function ForgotPage() {
  const { t } = useLanguage();
  useTitle(t.account.forgotTitle);
  const [stage, setStage] = useState<"open" | "working" | "done">("open");
  const [problem, setProblem] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);

  const submit = async (form: FormData) => {
    setStage("working");
    setProblem(null);
    setError(null);
    try {
      await api.post("/api/auth/forgot-password", { body: { email: String(form.get("email")).trim() } });
      setStage("done");
    } catch (failure) {
      setStage("open");
      const isInvalidEmail = fieldProblem(failure, "email");
      setProblem(isInvalidEmail ? t.account.needEmail : null);
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
    >
      <Field
        label={t.login.email}
        name="email"
        type="email"
        autoComplete="username"
        problem={problem}
        required
        autoFocus
      />
    </AccountForm>
  );
}
