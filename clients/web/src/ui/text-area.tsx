import { type TextareaHTMLAttributes, useId } from "react";

interface TextAreaProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  label: string;
  problem?: string | null;
}

/** A labelled text of several lines, which grows with what is typed where the browser can do that. */
export function TextArea({ label, problem = null, className = "", ...input }: TextAreaProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm text-soft">
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        className="field-sizing-content max-h-80 min-h-24 w-full rounded-xl border border-line bg-stage px-4 py-2.5 text-base text-ink hover:border-muted aria-invalid:border-ember"
        {...input}
      />
      {problem !== null && (
        <p id={`${id}-problem`} className="mt-1 text-sm text-ember">
          {problem}
        </p>
      )}
    </div>
  );
}
