import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string | undefined;
  problem?: string | null;
  after?: ReactNode;
}

/** A labelled text input. Its text must be 16 px or larger: phones zoom into smaller ones. */
export function Field({ label, hint, problem = null, after, className = "", ...input }: FieldProps) {
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
          aria-describedby={problem !== null ? `${id}-problem` : hint ? `${id}-hint` : undefined}
          className="min-h-12 w-full rounded-xl border border-line bg-stage px-4 text-base leading-normal text-ink placeholder:text-muted/60 hover:border-muted aria-invalid:border-ember"
          {...input}
        />
        {after}
      </div>
      {problem === null && hint && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-muted">
          {hint}
        </p>
      )}
      {problem !== null && (
        <p id={`${id}-problem`} className="mt-1 text-sm text-ember">
          {problem}
        </p>
      )}
    </div>
  );
}
