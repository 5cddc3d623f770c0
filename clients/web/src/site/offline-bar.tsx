/** Says on every page that there is no connection, so that viewers do not wait for what cannot come. */
import { useLanguage } from "../i18n/language";
import { useOnline } from "../lib/use-online";
import { NoSignalIcon } from "../ui/icons";

export function OfflineBar() {
  const { t } = useLanguage();
  const isOnline = useOnline();
  return (
    <div role="status">
      {!isOnline && (
        <p className="page-width flex items-center gap-2 bg-raised py-1.5 text-sm">
          <NoSignalIcon className="size-5 text-accent" />
          {t.errors.offlineBar}
        </p>
      )}
    </div>
  );
}
