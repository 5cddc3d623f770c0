/**
 * A button that shows a panel below itself, such as a list of links (WAI-ARIA APG: disclosure navigation). Escape, a press outside
 * and following a link close it.
 */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

interface DisclosureProps {
  label: string;
  button: ReactNode;
  buttonClass: string;
  /** The panel begins at the left edge of the button instead of ending at its right one. */
  isLeft?: boolean;
  children: ReactNode;
}

export function Disclosure({ label, button, buttonClass, isLeft = false, children }: DisclosureProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) {
      return;
    }
    const closeOutside = ({ target }: Event) => {
      if (target instanceof Node && !root.current?.contains(target)) {
        setOpen(false);
      }
    };
    const closeOnEscape = ({ key }: KeyboardEvent) => {
      if (key === "Escape") {
        setOpen(false);
        opener.current?.focus();
      }
    };
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    document.addEventListener("keydown", closeOnEscape);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
      document.removeEventListener("keydown", closeOnEscape);
    };
  }, [isOpen]);

  return (
    <div ref={root} className="relative">
      <button
        ref={opener}
        type="button"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
        className={buttonClass}
      >
        {button}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: listens for clicks on the links inside, which the keyboard can press */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: see above */}
      <div
        id={id}
        hidden={!isOpen}
        onClick={({ target }) => target instanceof Element && target.closest("a") && setOpen(false)}
        className={`absolute top-full z-40 mt-1.5 min-w-60 rounded-2xl border border-line bg-panel p-1.5 shadow-xl ${isLeft ? "left-0" : "right-0"}`}
      >
        {children}
      </div>
    </div>
  );
}
