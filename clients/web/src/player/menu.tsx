/** A button with a menu of choices. The menu is next to the button on wide screens and a bottom sheet on phones. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { CheckIcon } from "../ui/icons";

export interface Choice {
  key: string;
  /** A command, and no choice among others. The menu closes. */
  isCommand?: boolean;
  label: string;
  hint?: string | null;
  chosen: boolean;
  choose(): void;
}

export interface MenuGroup {
  label: string;
  choices: Choice[];
  /** The menu stays open after a choice, so that the viewer can compare. Its choices are next to each other. */
  staysOpen?: boolean;
}

interface MenuProps {
  label: string;
  /** The current choice, shown on the button on wide screens. */
  value: string | null;
  isValueShown?: boolean;
  icon: ReactNode;
  /** Each has one chosen item, or only commands. */
  groups: MenuGroup[];
  /** On phones the menu does not cover or darken the video, because the choices have an effect there. */
  showsVideo?: boolean;
  open: boolean;
  onOpen(open: boolean): void;
}

export function Menu({
  label,
  value,
  isValueShown = true,
  icon,
  groups,
  showsVideo = false,
  open,
  onOpen,
}: MenuProps) {
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
    const items = [...(list.current?.querySelectorAll<HTMLButtonElement>("[role^=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    const last = items.length - 1;
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: last,
    };
    const to = steps[event.key];
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
        {value && isValueShown && <span className="max-w-32 truncate text-sm max-xs:hidden">{value}</span>}
      </button>
      {open && (
        <>
          <div
            className={`fixed inset-0 z-20 ${showsVideo ? "" : "max-sm:bg-black/60"}`}
            aria-hidden="true"
            onClick={close}
          />
          <div
            ref={list}
            role="menu"
            aria-label={label}
            tabIndex={-1}
            onKeyDown={onKeyDown}
            className={`z-30 overflow-y-auto bg-panel px-2 pt-2 text-ink shadow-2xl max-sm:fixed max-sm:inset-x-0 max-sm:bottom-0 ${showsVideo ? "max-sm:max-h-[60dvh]" : "max-sm:max-h-[80dvh]"} max-sm:rounded-t-2xl sm:absolute sm:right-0 sm:bottom-full sm:mb-2 sm:max-h-[min(22rem,100dvh-9.5rem,50vw-5rem)] ${groups.some(({ staysOpen }) => staysOpen) ? "sm:min-w-88" : "sm:min-w-56"} sm:rounded-2xl sm:border sm:border-line`}
          >
            {groups.map((group) => (
              // biome-ignore lint/a11y/useSemanticElements: a fieldset is not allowed in a menu
              <div
                key={group.label}
                role="group"
                aria-label={group.label}
                className="last:pb-2 max-sm:last:pb-[max(1rem,env(safe-area-inset-bottom))]"
              >
                <p aria-hidden="true" className="px-3 pt-1 pb-2 text-sm text-muted">
                  {group.label}
                </p>
                <div className={group.staysOpen ? "flex flex-wrap gap-1 px-1 pb-1" : ""}>
                  {group.choices.map((choice) => (
                    <Item
                      key={choice.key}
                      choice={choice}
                      isNarrow={group.staysOpen ?? false}
                      onChosen={group.staysOpen ? undefined : close}
                    />
                  ))}
                </div>
              </div>
            ))}
          </div>
        </>
      )}
    </div>
  );
}

interface ItemProps {
  choice: Choice;
  isNarrow: boolean;
  onChosen: (() => void) | undefined;
}

function Item({ choice, isNarrow, onChosen }: ItemProps) {
  const shape = isNarrow
    ? "min-w-11 flex-1 justify-center border border-line px-2 text-center text-sm aria-checked:border-lamp"
    : "w-full gap-3 px-3 text-left";
  return (
    <button
      type="button"
      {...(choice.isCommand
        ? { role: "menuitem" }
        : { role: "menuitemradio", "aria-checked": choice.chosen })}
      onClick={() => {
        choice.choose();
        onChosen?.();
      }}
      className={`flex min-h-11 items-center rounded-xl leading-normal hover:bg-raised aria-checked:text-accent-strong ${shape}`}
    >
      {!isNarrow && <CheckIcon className={`size-5 ${choice.chosen ? "" : "invisible"}`} />}
      <span className={isNarrow ? "" : "flex-1"}>{choice.label}</span>
      {choice.hint && <span className="max-w-40 text-right text-sm text-muted">{choice.hint}</span>}
    </button>
  );
}
