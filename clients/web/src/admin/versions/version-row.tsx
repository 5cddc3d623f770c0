/** One presentation, and the question before the film shows it again. */
import { useId, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { DateTime } from "../../ui/date-time";
import { useReturnFocus } from "../../ui/use-return-focus";
import { Chip } from "../status-chip";
import { changeText, madeByText, type Version, versionChanges } from "./version-changes";

interface VersionRowProps {
  version: Version;
  /** The version that the film shows; null if it shows none. */
  shown: Version | null;
  working: boolean;
  onShow(): void;
}

export function VersionRow({ version, shown, working, onShow }: VersionRowProps) {
  const { t } = useEditorLanguage();
  const id = useId();
  const [asking, setAsking] = useState(false);
  const button = useReturnFocus<HTMLButtonElement>(asking);
  const isUsable = version.is_shown || version.can_be_shown;
  const subtitles = version.subtitle_tracks.map(({ label }) => label).join(", ");
  return (
    <li
      aria-current={version.is_shown ? "true" : undefined}
      className={`space-y-3 rounded-2xl border p-4 ${version.is_shown ? "border-leaf/50" : "border-line"} ${isUsable ? "bg-panel" : "border-dashed"}`}
    >
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className={`min-w-0 flex-1 basis-56 space-y-1 ${isUsable ? "" : "text-muted"}`}>
          <p className="flex flex-wrap items-center gap-2">
            <span id={id} className="font-semibold">
              {t.versions.version(version.number)}
            </span>
            {version.is_shown && <Chip tone="good">{t.versions.isShown}</Chip>}
          </p>
          <p>{madeByText(version.made_by, t)}</p>
          <p className="text-sm break-words text-muted">
            <DateTime at={version.created_at} /> · {version.author ?? t.versions.byNang}
          </p>
          <p className="text-sm break-words text-muted">
            {subtitles === "" ? t.versions.noSubtitles : t.versions.subtitles(subtitles)}
          </p>
        </div>
        {!version.is_shown && version.can_be_shown && !asking && (
          <Button
            ref={button}
            aria-label={`${t.versions.show}: ${version.number}`}
            disabled={working}
            onClick={() => setAsking(true)}
          >
            {t.versions.show}
          </Button>
        )}
        {!isUsable && <p className="basis-full text-sm text-accent">{t.versions.retired}</p>}
      </div>
      {asking && !version.is_shown && (
        <fieldset
          aria-labelledby={id}
          className="space-y-3 rounded-2xl border border-lamp/60 bg-lamp/8 px-4 py-3"
        >
          <p>{t.versions.showSure}</p>
          {shown && (
            <ul className="list-disc space-y-1 pl-6">
              {versionChanges(shown, version).map((change) => {
                const text = changeText(change, t);
                return <li key={text}>{text}</li>;
              })}
            </ul>
          )}
          <div className="flex flex-wrap gap-3">
            <Button
              kind="primary"
              autoFocus
              disabled={working}
              onClick={() => {
                setAsking(false);
                onShow();
              }}
            >
              {t.versions.show}
            </Button>
            <Button onClick={() => setAsking(false)}>{t.film.cancel}</Button>
          </div>
        </fieldset>
      )}
    </li>
  );
}
