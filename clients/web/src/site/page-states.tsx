/** What stands in place of a page: while its code loads, and after it failed. */
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useLanguage } from "../i18n/language";
import { useOnline } from "../lib/use-online";
import { Button } from "../ui/button";
import { AlertIcon, NoSignalIcon } from "../ui/icons";
import { Notice, Working } from "../ui/notice";

export function PageLoading() {
  const { t } = useLanguage();
  return <Working label={t.player.loading} className="py-24" />;
}

/** Reloading also fetches the pages of a newer server, whose files have other names. */
export function PageError(_props: ErrorComponentProps) {
  const { t } = useLanguage();
  const isOnline = useOnline();
  return (
    <Notice
      icon={isOnline ? <AlertIcon className="size-10" /> : <NoSignalIcon className="size-10" />}
      title={isOnline ? t.errors.page : t.errors.offline}
      {...(!isOnline && { text: t.errors.network })}
      alert
    >
      <Button kind="primary" onClick={() => globalThis.location.reload()}>
        {t.errors.reload}
      </Button>
    </Notice>
  );
}
