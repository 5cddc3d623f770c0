import { type SelectHTMLAttributes, useId } from "react";

interface SelectFieldProps extends SelectHTMLAttributes<HTMLSelectElement> {
  label: string;
  /** The label is for screen readers alone, where the first option says the same. */
  isLabelHidden?: boolean;
  problem?: string | null;
  options: readonly { value: string; label: string }[];
}

/** A labelled list to choose from. */
export function SelectField({
  label,
  isLabelHidden = false,
  problem = null,
  options,
  className = "",
  ...select
}: SelectFieldProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "mb-1 block text-sm text-soft"}>
        {label}
      </label>
      <select
        id={id}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        className="min-h-12 w-full rounded-xl border border-line bg-stage px-3 text-base leading-normal text-ink hover:border-muted aria-invalid:border-ember"
        {...select}
      >
        {options.map(({ value, label: text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      {problem !== null && (
        <p id={`${id}-problem`} className="mt-1 text-sm text-ember">
          {problem}
        </p>
      )}
    </div>
  );
}
