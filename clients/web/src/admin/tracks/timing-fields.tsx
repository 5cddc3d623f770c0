/** Moves and stretches the times of a subtitle file. */
import { useEditorLanguage } from "../../i18n/editor";
import { Field } from "../../ui/field";
import { SelectField } from "../../ui/select-field";

/** As the API takes them: the decimal numbers stand for exact fractions. */
const FRAME_RATES = ["23.976", "24", "25", "29.97", "30", "50", "59.94", "60"];

export interface Timing {
  shift: string;
  fromFps: string;
  toFps: string;
}

export const NO_TIMING: Timing = { shift: "", fromFps: "", toFps: "" };

interface TimingFieldsProps {
  timing: Timing;
  shiftProblem: string | null;
  ratesProblem: string | null;
  onChange(timing: Timing): void;
}

export function TimingFields({ timing, shiftProblem, ratesProblem, onChange }: TimingFieldsProps) {
  const { t } = useEditorLanguage();
  const rates = [
    { value: "", label: t.subtitleFile.noRate },
    ...FRAME_RATES.map((value) => ({ value, label: t.subtitleFile.fps(value) })),
  ];
  return (
    <div className="space-y-4">
      <Field
        label={t.subtitleFile.shift}
        hint={t.subtitleFile.shiftHint}
        value={timing.shift}
        // Phones show a keypad without a minus sign for `decimal`.
        inputMode="text"
        autoComplete="off"
        placeholder="0"
        problem={shiftProblem}
        onChange={(event) => onChange({ ...timing, shift: event.currentTarget.value })}
      />
      <fieldset className="space-y-2">
        <legend className="text-sm text-soft">{t.subtitleFile.rates}</legend>
        <p className="text-sm text-muted">{t.subtitleFile.ratesHint}</p>
        <div className="grid grid-cols-2 gap-3">
          <SelectField
            label={t.subtitleFile.fromFps}
            value={timing.fromFps}
            options={rates}
            problem={ratesProblem}
            onChange={(event) => onChange({ ...timing, fromFps: event.currentTarget.value })}
          />
          <SelectField
            label={t.subtitleFile.toFps}
            value={timing.toFps}
            options={rates}
            onChange={(event) => onChange({ ...timing, toFps: event.currentTarget.value })}
          />
        </div>
      </fieldset>
    </div>
  );
}
