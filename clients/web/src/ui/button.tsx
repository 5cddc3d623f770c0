/** Buttons, and links that look like buttons. At least 44 px high, for touch screens. */
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { useState } from "react";

export type ButtonKind = "primary" | "secondary" | "danger";

const KINDS: Record<ButtonKind, string> = {
  primary: "bg-lamp text-on-lamp hover:bg-lamp-bright font-semibold",
  secondary: "border border-line bg-panel text-ink hover:bg-raised hover:border-muted",
  danger: "border border-ember/60 text-ember hover:bg-ember/15",
};

export function buttonClass(kind: ButtonKind, className: string): string {
  return `inline-flex min-h-11 items-center justify-center gap-2 rounded-full px-5 py-2 text-center leading-normal transition-colors disabled:opacity-50 ${KINDS[kind]} ${className}`;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: ButtonKind;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = "secondary", className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={buttonClass(kind, className)} {...rest} />;
}

interface ButtonAnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  kind?: ButtonKind;
  ref?: Ref<HTMLAnchorElement>;
}

function ButtonAnchor({ kind = "secondary", className = "", children, ...rest }: ButtonAnchorProps) {
  return (
    <a className={buttonClass(kind, className)} {...rest}>
      {children}
    </a>
  );
}

/** A link to a page of this site that looks like a button. */
export const ButtonLink = createLink(ButtonAnchor);

interface ConfirmButtonProps {
  label: ReactNode;
  /** What a screen reader says, if the label alone does not say what the button is for. */
  name?: string;
  question: string;
  yes: string;
  no: string;
  disabled?: boolean;
  onConfirm(): void;
}

/** A button that asks for confirmation in its place before a destructive action. */
export function ConfirmButton({
  label,
  name,
  question,
  yes,
  no,
  disabled = false,
  onConfirm,
}: ConfirmButtonProps) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <Button kind="secondary" aria-label={name} disabled={disabled} onClick={() => setAsking(true)}>
        {label}
      </Button>
    );
  }
  return (
    <fieldset className="flex w-full flex-wrap items-center gap-3 rounded-2xl border border-ember/50 bg-ember/10 px-4 py-3">
      <legend className="sr-only">{name ?? label}</legend>
      <p className="min-w-48 flex-1">{question}</p>
      <Button autoFocus onClick={() => setAsking(false)}>
        {no}
      </Button>
      <Button
        kind="danger"
        disabled={disabled}
        onClick={() => {
          setAsking(false);
          onConfirm();
        }}
      >
        {yes}
      </Button>
    </fieldset>
  );
}
