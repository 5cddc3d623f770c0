import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  problem?: string | null;
  after?: ReactNode;
}

/** A labelled line of input. 16 px of text, or a phone zooms into it. */
export function Field({ label, problem = null, after, className = "", ...input }: FieldProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm text-soft">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          className="min-h-12 w-full rounded-xl border border-line bg-stage px-4 text-base leading-normal text-ink placeholder:text-muted/60 hover:border-muted aria-invalid:border-ember"
          {...input}
        />
        {after}
      </div>
      {problem !== null && (
        <p id={`${id}-problem`} className="mt-1 text-sm text-ember">
          {problem}
        </p>
      )}
    </div>
  );
}
