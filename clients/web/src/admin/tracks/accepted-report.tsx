/** What became of an accepted file, with the warnings that an editor should check. */
import { useEffect, useRef } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { count } from "../../lib/format";
import { Button, ButtonLink } from "../../ui/button";
import { CheckIcon } from "../../ui/icons";
import type { AcceptedSubtitle } from "./track-types";

interface AcceptedReportProps {
  accepted: AcceptedSubtitle;
  /** The page on which the text can be checked; null if it is this page. */
  /** The track whose page shows the text; null if there is no new one. */
  newTrack: { id: string; track: string } | null;
  onClose(): void;
}

export function AcceptedReport({ accepted, newTrack, onClose }: AcceptedReportProps) {
  const { t } = useEditorLanguage();
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { cues, encoding, warnings } = accepted;
  return (
    <div className="space-y-4 rounded-2xl border border-leaf/50 bg-leaf/8 p-4">
      <p ref={heading} tabIndex={-1} role="status" className="flex items-start gap-2 font-semibold">
        <CheckIcon className="mt-0.5 size-5 text-leaf" />
        {t.subtitleFile.accepted(count(cues), cues, encoding)}
      </p>
      {warnings.length > 0 && (
        <div className="space-y-2">
          <p className="text-sm text-accent">{t.subtitleFile.warnings}</p>
          <ul lang="en" className="max-h-72 list-disc space-y-1 overflow-y-auto pl-6 text-sm">
            {warnings.map((warning) => (
              <li key={warning} className="break-words">
                {warning}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="flex flex-wrap gap-3">
        {newTrack && (
          <ButtonLink to="/admin/films/$id/tracks/$track" params={newTrack} kind="primary">
            {t.subtitleFile.checkText}
          </ButtonLink>
        )}
        <Button onClick={onClose}>{t.player.close}</Button>
      </div>
    </div>
  );
}
