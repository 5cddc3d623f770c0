/** Logs out. If that fails it says so, because the user of a shared computer must know that they are still logged in. */
import { useAction } from "../admin/use-action";
import { useLanguage } from "../i18n/language";
import { explain } from "../i18n/problems";
import { session } from "../session";
import { Button } from "./button";

export function LogoutButton({ className }: { className: string }) {
  const { t, language } = useLanguage();
  const { working, error, run } = useAction();
  const logOut = () => run(() => session.logout());
  return (
    <>
      <button type="button" className={className} disabled={working} onClick={logOut}>
        {t.login.logout}
      </button>
      {error !== null && (
        <div
          role="alert"
          className="fixed inset-x-4 bottom-4 z-50 mx-auto flex max-w-lg flex-wrap items-center justify-between gap-3 rounded-2xl border border-ember/60 bg-panel px-5 py-4 text-ink shadow-lg"
        >
          <p className="flex-1 basis-60">
            <strong>{t.login.stillLoggedIn}</strong> {explain(error, t, language)}
          </p>
          <Button kind="primary" disabled={working} onClick={logOut}>
            {t.errors.retry}
          </Button>
        </div>
      )}
    </>
  );
}
