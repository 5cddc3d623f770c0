import { type FormEvent, useState } from "react";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { session } from "../session";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { EyeIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";

export function LoginPage() {
  const { t } = useLanguage();
  useTitle(t.login.title);
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [visible, setVisible] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setWorking(true);
    setError(null);
    try {
      await session.login(String(form.get("email")).trim(), String(form.get("password")));
    } catch (problem) {
      setError(problem);
      setWorking(false);
    }
  };
  return (
    <form
      onSubmit={(event) => void submit(event)}
      className="mx-auto mt-6 flex w-[min(26rem,calc(100%-2rem))] flex-col gap-5 rounded-3xl border border-line bg-panel p-6 sm:mt-16 sm:p-8"
    >
      <div>
        <h1 className="text-2xl font-bold">{t.login.title}</h1>
        <p className="text-muted">{t.login.text}</p>
      </div>
      <Field label={t.login.email} name="email" type="email" autoComplete="username" required autoFocus />
      <Field
        label={t.login.password}
        name="password"
        type={visible ? "text" : "password"}
        autoComplete="current-password"
        required
        after={
          <button
            type="button"
            aria-label={t.login.showPassword}
            aria-pressed={visible}
            onClick={() => setVisible(!visible)}
            className="absolute inset-y-0 right-0.5 grid w-11 place-items-center rounded-xl text-muted hover:text-ink aria-pressed:text-lamp"
          >
            <EyeIcon className="size-5" />
          </button>
        }
      />
      <InlineError error={error} />
      <Button type="submit" kind="primary" disabled={working}>
        {working ? t.login.working : t.login.submit}
      </Button>
    </form>
  );
}
