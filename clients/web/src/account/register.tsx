/** `/register#…`: creates an account, with an invitation or where registration is open. */
import { ApiError } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { api, session } from "../session";
import { ButtonLink } from "../ui/button";
import { Field } from "../ui/field";
import { AlertIcon } from "../ui/icons";
import { ErrorNotice, Notice, Working } from "../ui/notice";
import { useFieldProblems } from "../ui/use-field-problems";
import {
  AccountForm,
  accountError,
  emailProblem,
  linkToken,
  newPasswordProblem,
  PasswordField,
} from "./account-form";
import { loginOptionsQuery } from "./options-query";

export default function RegisterPage() {
  const { t } = useLanguage();
  useTitle(t.account.registerTitle);
  const [token] = useState(linkToken);
  const options = useQuery(loginOptionsQuery);
  if (options.isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (!options.data) {
    return <ErrorNotice error={options.error} onRetry={() => void options.refetch()} />;
  }
  const { registration } = options.data;
  if (registration === "closed" && token === "") {
    return <Refused title={t.account.closed} text={t.account.closedText} />;
  }
  if (registration === "invitation" && token === "") {
    return <Refused title={t.account.invitationOnly} text={t.login.byInvitation} />;
  }
  return <RegisterForm invitation={token} />;
}

function Refused({ title, text }: { title: string; text: string }) {
  const { t } = useLanguage();
  return (
    <Notice icon={<AlertIcon className="size-10" />} title={title} text={text} alert>
      <ButtonLink to="/login">{t.login.title}</ButtonLink>
    </Notice>
  );
}

function RegisterForm({ invitation }: { invitation: string }) {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const [stage, setStage] = useState<"open" | "working" | "link-invalid">("open");
  const { problems, check, report, onInput } = useFieldProblems({
    display_name: (value) => (value.trim() === "" ? t.account.needName : null),
    email: (value) => emailProblem(value, t),
    password: (value) => newPasswordProblem(value, t),
  });
  const [error, setError] = useState<unknown>(null);

  const submit = async (form: FormData) => {
    const text = (name: string) => String(form.get(name)).trim();
    const body = {
      display_name: text("display_name"),
      email: text("email"),
      password: String(form.get("password")),
      ...(invitation === "" ? {} : { invitation }),
    };
    setError(null);
    if (!check(form)) {
      return;
    }
    setStage("working");
    try {
      await api.post("/api/auth/register", { body });
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 403) {
        setStage("link-invalid");
        return;
      }
      const fields = failure instanceof ApiError ? failure.fields : {};
      report({
        ...(fields.display_name && { display_name: t.account.needName }),
        ...(fields.email && { email: t.account.needEmail }),
        ...(fields.password && { password: t.account.passwordRefused }),
      });
      setError(Object.keys(fields).length > 0 ? null : accountError(failure, t));
      setStage("open");
      return;
    }
    try {
      const { role } = await session.login(body.email, body.password);
      await navigate({ to: role === "viewer" ? "/" : "/admin", replace: true });
    } catch (failure) {
      // The server does not reveal whether an address already has an account. It has one if this password is refused.
      const isTaken = failure instanceof ApiError && failure.status === 401;
      setError(isTaken ? t.account.taken : accountError(failure, t));
      setStage("open");
    }
  };
  if (stage === "link-invalid") {
    return <Refused title={t.account.linkInvalid} text={t.account.invitationInvalidText} />;
  }
  return (
    <AccountForm
      title={t.account.registerTitle}
      text={invitation === "" ? t.account.registerText : t.account.invitedText}
      submit={stage === "working" ? t.account.registering : t.account.register}
      working={stage === "working"}
      error={error}
      onSubmit={(form) => void submit(form)}
      onInput={onInput}
      after={
        <p className="border-t border-line pt-4 text-sm text-muted">
          {t.account.haveAccount}{" "}
          <Link
            to="/login"
            className="inline-block py-2 text-accent-strong underline underline-offset-4 hover:text-accent"
          >
            {t.login.title}
          </Link>
        </p>
      }
    >
      <Field
        label={t.account.name}
        name="display_name"
        autoComplete="name"
        maxLength={100}
        required
        autoFocus
        problem={problems.display_name ?? null}
      />
      <Field
        label={t.login.email}
        name="email"
        type="email"
        autoComplete="username"
        required
        problem={problems.email ?? null}
      />
      <PasswordField
        name="password"
        label={t.login.password}
        hint={t.account.passwordHint}
        problem={problems.password ?? null}
        autoComplete="new-password"
      />
    </AccountForm>
  );
}
