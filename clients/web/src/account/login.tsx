/** The log-in form, and the links for callers without an account or password. */
import { ApiError } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Dictionary } from "../i18n/en";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { session } from "../session";
import { Field } from "../ui/field";
import { AccountForm, accountError, PasswordField } from "./account-form";
import { loginOptionsQuery } from "./options-query";

/**
 * `/login?to=/films/…`: the page to open after logging in; `&refused=…`: why logging in with the identity provider failed
 * (`api/src/auth/oidc/refusal.rs`).
 */
export default function LoginPage() {
  const { t } = useLanguage();
  const { history } = useRouter();
  const { to, refused } = useSearch({ from: "/login" });
  return (
    <LoginForm
      text={t.login.viewerText}
      refusal={refusal(refused, t)}
      onLoggedIn={() => history.replace(localPath(to))}
    />
  );
}

function refusal(reason: string | undefined, t: Dictionary): string | null {
  if (reason === undefined) {
    return null;
  }
  return Object.hasOwn(t.login.refused, reason)
    ? t.login.refused[reason as keyof Dictionary["login"]["refused"]]
    : t.login.refused.other;
}

/** Accepts only paths of this site, so that a link cannot redirect to another site. */
function localPath(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) ? to : "/";
}

interface LoginFormProps {
  text: string;
  /** Why logging in with the identity provider failed. */
  refusal?: string | null;
  onLoggedIn?(): void;
}

export function LoginForm({ text, refusal = null, onLoggedIn }: LoginFormProps) {
  const { t } = useLanguage();
  useTitle(t.login.title);
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<unknown>(refusal);

  const submit = async (form: FormData) => {
    setWorking(true);
    setError(null);
    try {
      await session.login(String(form.get("email")).trim(), String(form.get("password")));
      onLoggedIn?.();
    } catch (problem) {
      // An invalid address (422) is reported like an unknown one (401).
      const isWrong = problem instanceof ApiError && [401, 422].includes(problem.status);
      setError(isWrong ? t.login.wrong : accountError(problem, t));
      setWorking(false);
    }
  };
  return (
    <AccountForm
      title={t.login.title}
      text={text}
      submit={working ? t.login.working : t.login.submit}
      working={working}
      error={error}
      onSubmit={(form) => void submit(form)}
      onInput={() => setError(null)}
      after={<OtherOptions />}
    >
      <Field label={t.login.email} name="email" type="email" autoComplete="username" required autoFocus />
      <PasswordField name="password" label={t.login.password} autoComplete="current-password" />
    </AccountForm>
  );
}

function OtherOptions() {
  const { t } = useLanguage();
  const { data: options } = useQuery(loginOptionsQuery);
  return (
    <div className="space-y-2 border-t border-line pt-4 text-sm text-muted">
      {options?.identity_provider && (
        <a
          href="/api/auth/oidc/login"
          className="flex min-h-11 items-center justify-center rounded-full border border-line px-5 py-2 text-base text-ink hover:bg-raised"
        >
          {t.login.provider(options.identity_provider)}
        </a>
      )}
      {options?.registration === "open" && (
        <p>
          {t.login.noAccount}{" "}
          <Link
            to="/register"
            className="inline-block py-2 text-accent-strong underline underline-offset-4 hover:text-accent"
          >
            {t.account.register}
          </Link>
        </p>
      )}
      {options?.registration === "invitation" && <p>{t.login.byInvitation}</p>}
      {options?.sends_mail === true && (
        <p>
          <Link
            to="/forgot"
            className="inline-block py-2 text-accent-strong underline underline-offset-4 hover:text-accent"
          >
            {t.login.forgottenLink}
          </Link>
        </p>
      )}
      {options?.sends_mail === false && <p>{t.login.forgotten}</p>}
    </div>
  );
}
