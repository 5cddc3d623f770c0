/** A short ordered list of chosen options: each can be removed, and another one added. The first is the main one. */
import { CloseIcon } from "./icons";
import { SelectField } from "./select-field";

interface PickListProps {
  label: string;
  hint?: string;
  problem?: string | null;
  addLabel: string;
  removeLabel(name: string): string;
  values: readonly string[];
  options: readonly { value: string; label: string }[];
  onChange(values: string[]): void;
}

export function PickList({
  label,
  hint,
  problem = null,
  addLabel,
  removeLabel,
  values,
  options,
  onChange,
}: PickListProps) {
  const nameOf = (value: string) => options.find((option) => option.value === value)?.label ?? value;
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-sm text-soft">{label}</legend>
      <ul className="mb-2 flex flex-wrap gap-2 empty:hidden">
        {values.map((value) => (
          <li key={value} className="inline-flex items-center rounded-full border border-line bg-panel pl-4">
            {nameOf(value)}
            <button
              type="button"
              aria-label={removeLabel(nameOf(value))}
              onClick={() => onChange(values.filter((other) => other !== value))}
              className="grid size-11 place-items-center rounded-full text-muted hover:text-ink"
            >
              <CloseIcon className="size-4" />
            </button>
          </li>
        ))}
      </ul>
      <SelectField
        label={addLabel}
        isLabelHidden
        value=""
        problem={problem}
        onChange={({ currentTarget: { value } }) => value !== "" && onChange([...values, value])}
        options={[{ value: "", label: addLabel }, ...options.filter(({ value }) => !values.includes(value))]}
      />
      {hint && <p className="mt-1 text-sm text-muted">{hint}</p>}
    </fieldset>
  );
}
