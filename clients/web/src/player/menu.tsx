/** A button with a menu of choices. The menu is next to the button on wide screens and a bottom sheet on phones. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { CheckIcon } from "../ui/icons";

export interface Choice {
  key: string;
  label: string;
  hint?: string;
  chosen: boolean;
  choose(): void;
}

interface MenuProps {
  label: string;
  /** The current choice, shown on the button on wide screens. */
  value: string | null;
  icon: ReactNode;
  choices: Choice[];
  open: boolean;
  onOpen(open: boolean): void;
}

export function Menu({ label, value, icon, choices, open, onOpen }: MenuProps) {
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (open) {
      (
        list.current?.querySelector<HTMLElement>("[aria-checked=true]") ??
        list.current?.querySelector("button")
      )?.focus();
    }
  }, [open]);

  const close = () => {
    onOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
      return;
    }
    const items = [...(list.current?.querySelectorAll<HTMLButtonElement>("[role=menuitemradio]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    }
  };

  return (
    <div className="sm:relative">
      <button
        ref={button}
        type="button"
        aria-label={value ? `${label}: ${value}` : label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => onOpen(!open)}
        className="flex h-11 min-w-11 items-center justify-center gap-1.5 rounded-full px-2 hover:bg-white/15"
      >
        {icon}
        {value && <span className="text-sm max-xs:hidden">{value}</span>}
      </button>
      {open && (
        <>
          <div className="fixed inset-0 z-20 max-sm:bg-black/60" aria-hidden="true" onClick={close} />
          <div
            ref={list}
            role="menu"
            aria-label={label}
            tabIndex={-1}
            onKeyDown={onKeyDown}
            className="z-30 overflow-y-auto bg-panel p-2 text-ink shadow-2xl max-sm:fixed max-sm:inset-x-0 max-sm:bottom-0 max-sm:max-h-[80dvh] max-sm:rounded-t-2xl max-sm:pb-[max(1rem,env(safe-area-inset-bottom))] sm:absolute sm:right-0 sm:bottom-full sm:mb-2 sm:max-h-72 sm:min-w-56 sm:rounded-2xl sm:border sm:border-line"
          >
            <p className="px-3 pt-1 pb-2 text-sm text-muted">{label}</p>
            {choices.map((choice) => (
              <button
                key={choice.key}
                type="button"
                role="menuitemradio"
                aria-checked={choice.chosen}
                onClick={() => {
                  choice.choose();
                  close();
                }}
                className="flex min-h-11 w-full items-center gap-3 rounded-xl px-3 text-left leading-normal hover:bg-raised aria-checked:text-lamp-bright"
              >
                <CheckIcon className={`size-5 ${choice.chosen ? "" : "invisible"}`} />
                <span className="flex-1">{choice.label}</span>
                {choice.hint && <span className="text-sm text-muted">{choice.hint}</span>}
              </button>
            ))}
          </div>
        </>
      )}
    </div>
  );
}
