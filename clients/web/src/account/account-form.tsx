/** The card of the log-in, registration and reset forms, and the code that they share. */
import { ApiError } from "@nang/api-client";
import { type FormEvent, type ReactNode, useState } from "react";
import type { Dictionary } from "../i18n/en";
import { useLanguage } from "../i18n/language";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { EyeIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";

interface AccountFormProps {
  title: string;
  text: string;
  submit: string;
  working: boolean;
  error: unknown;
  children: ReactNode;
  /** Shown below the button: links to other pages. */
  after?: ReactNode;
  onSubmit(form: FormData): void;
  onInput?(event: FormEvent<HTMLFormElement>): void;
}

export function AccountForm(props: AccountFormProps) {
  const { title, text, submit, working, error, children, after, onSubmit, onInput } = props;
  const submitForm = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget));
  };
  return (
    <form
      onSubmit={submitForm}
      onInput={onInput}
      // The form shows its own messages, because browsers may lack Lao ones.
      noValidate
      className="mx-auto mt-2 flex w-[min(26rem,calc(100%-2rem))] flex-col gap-5 rounded-3xl border border-line bg-panel p-6 sm:mt-16 sm:p-8"
    >
      <div>
        <h1 className="text-2xl font-bold">{title}</h1>
        <p className="text-muted">{text}</p>
      </div>
      {children}
      <InlineError error={error} />
      <Button type="submit" kind="primary" disabled={working}>
        {submit}
      </Button>
      {after}
    </form>
  );
}

interface PasswordFieldProps {
  name: string;
  label: string;
  hint?: string;
  problem?: string | null;
  autoComplete: "current-password" | "new-password";
}

export function PasswordField({ name, label, hint, problem = null, autoComplete }: PasswordFieldProps) {
  const { t } = useLanguage();
  const [visible, setVisible] = useState(false);
  return (
    <Field
      label={label}
      name={name}
      type={visible ? "text" : "password"}
      autoComplete={autoComplete}
      required
      hint={hint}
      problem={problem}
      after={
        <button
          type="button"
          aria-label={t.login.showPassword}
          aria-pressed={visible}
          onClick={() => setVisible(!visible)}
          className="absolute inset-y-0 right-0.5 grid w-11 place-items-center rounded-xl text-muted hover:text-ink aria-pressed:text-accent"
        >
          <EyeIcon className="size-5" />
        </button>
      }
    />
  );
}

const MIN_PASSWORD_CHARS = 10;
const MAX_PASSWORD_BYTES = 256;

/** Why the server would refuse a new password; null if it would accept it. */
export function newPasswordProblem(password: string, t: Dictionary): string | null {
  const characters = [...password];
  if (characters.length < MIN_PASSWORD_CHARS) {
    return t.account.passwordShort(MIN_PASSWORD_CHARS);
  }
  if (new TextEncoder().encode(password).length > MAX_PASSWORD_BYTES) {
    return t.account.passwordLong;
  }
  return characters.every((character) => character === characters[0]) ? t.account.passwordWeak : null;
}

export function emailProblem(email: string, t: Dictionary): string | null {
  return /^\S+@\S+$/.test(email.trim()) ? null : t.account.needEmail;
}

/** Translates errors that all of these forms can receive. Returns other errors unchanged. */
export function accountError(error: unknown, t: Dictionary): unknown {
  if (error instanceof ApiError && error.status === 429) {
    return t.account.throttled(Math.ceil((error.retryAfterMs ?? 60_000) / 1000));
  }
  return error;
}

/** Whether the server reported an error in this field. */
export function fieldProblem(error: unknown, field: string): boolean {
  return error instanceof ApiError && error.fields[field] !== undefined;
}

/** The token of a one-time link: the part after #, which browsers do not send to servers. */
export function linkToken(): string {
  return globalThis.location.hash.slice(1);
}
