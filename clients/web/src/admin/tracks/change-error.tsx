/** Why a change of tracks failed, and that the list shown is now the newest. */
import { ApiError } from "@nang/api-client";
import { useEffect, useRef } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { explain } from "../../i18n/problems";
import { InlineError } from "../../ui/notice";

export function ChangeError({ error, isReloaded }: { error: unknown; isReloaded: boolean }) {
  const { t, language } = useEditorLanguage();
  const box = useRef<HTMLDivElement>(null);
  // The button that was pressed may be far below.
  useEffect(() => {
    if (error !== null) {
      box.current?.scrollIntoView({ block: "nearest" });
    }
  }, [error]);
  if (error === null) {
    return null;
  }
  const isStale = error instanceof ApiError && error.status === 412;
  const reason = isStale ? t.tracks.changedElsewhere : explain(error, t, language);
  return (
    <div ref={box} className="scroll-my-4">
      <InlineError error={isReloaded ? `${reason} ${t.tracks.reloaded}` : reason} />
    </div>
  );
}
