/** The file of a dub that the film has, and the form to choose another. */
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { AlertIcon } from "../../ui/icons";
import { useReturnFocus } from "../../ui/use-return-focus";
import { DubForm } from "./dub-form";
import type { AdminTrack } from "./track-types";

interface DubDetailsProps {
  filmId: string;
  track: AdminTrack;
  dub: NonNullable<AdminTrack["dub"]>;
  onStarted(): void;
}

export function DubDetails({ filmId, track, dub, onStarted }: DubDetailsProps) {
  const { t } = useEditorLanguage();
  const [replacing, setReplacing] = useState(false);
  const replaceButton = useReturnFocus<HTMLButtonElement>(replacing);
  const started = () => {
    setReplacing(false);
    onStarted();
  };
  return (
    <div className="space-y-3">
      <div className="space-y-1 text-sm text-muted">
        <p className="break-all">{t.dub.file(dub.name)}</p>
        {dub.note && <p lang="en">{dub.note}</p>}
      </div>
      {dub.warning && (
        <p role="note" className="flex items-start gap-2 rounded-xl bg-ember/12 px-4 py-3 text-ember">
          <AlertIcon className="mt-0.5 size-5" />
          <span lang="en">{dub.warning}</span>
        </p>
      )}
      {replacing ? (
        <DubForm filmId={filmId} track={track} onStarted={started} onClose={() => setReplacing(false)} />
      ) : (
        <Button
          ref={replaceButton}
          aria-label={`${t.subtitleFile.replace}: ${track.label}`}
          onClick={() => setReplacing(true)}
        >
          {t.subtitleFile.replace}
        </Button>
      )}
    </div>
  );
}
