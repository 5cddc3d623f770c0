/** One cue in the list. */
import { memo } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { EditIcon, PlusIcon } from "../../ui/icons";
import { type IndexedCue, plainText } from "./cue-list";
import { formatCueTime } from "./cue-time";

interface CueRowProps {
  item: IndexedCue;
  language: string | null;
  disabled: boolean;
  onEdit(index: number): void;
  onInsertAfter(index: number): void;
}

export const CueRow = memo(function CueRow({ item, language, disabled, onEdit, onInsertAfter }: CueRowProps) {
  const { t } = useEditorLanguage();
  const { index, cue } = item;
  const number = index + 1;
  const button =
    "inline-grid size-11 place-items-center rounded-full text-soft hover:bg-raised hover:text-ink disabled:opacity-50";
  return (
    <div className="flex items-start gap-2 py-2">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap gap-x-3 text-sm text-muted tabular-nums">
          <span>{number}</span>
          <span>
            {formatCueTime(cue.start_ms)} – {formatCueTime(cue.end_ms)}
          </span>
        </p>
        <p
          lang={language ?? undefined}
          dir="auto"
          className="text-lg leading-[1.75] break-words whitespace-pre-line"
        >
          {plainText(cue.text)}
        </p>
      </div>
      <button
        type="button"
        id={editButtonId(index)}
        aria-label={t.cues.editCue(number)}
        title={t.cues.editCue(number)}
        disabled={disabled}
        onClick={() => onEdit(index)}
        className={button}
      >
        <EditIcon className="size-5" />
      </button>
      <button
        type="button"
        aria-label={t.cues.insertAfter(number)}
        title={t.cues.insertAfter(number)}
        disabled={disabled}
        onClick={() => onInsertAfter(index)}
        className={button}
      >
        <PlusIcon className="size-5" />
      </button>
    </div>
  );
});

export function editButtonId(index: number): string {
  return `edit-cue-${index}`;
}
