/**
 * The search box with suggestions, as an editable combobox (WAI-ARIA APG): the focus stays in the input, the arrow keys choose a
 * suggestion, Enter opens it or else searches for the text.
 */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useLanguage } from "../../i18n/language";
import { CloseIcon, SearchIcon } from "../../ui/icons";
import { rememberSearch } from "./recent-searches";
import { optionId, SuggestionList } from "./suggestion-list";
import { useSlashKey } from "./use-slash-key";
import { useSuggestions } from "./use-suggestions";

interface SearchBoxProps {
  /** Unique on the page. */
  name: string;
  /** The `/` key moves the focus here. */
  takesSlashKey?: boolean;
  autoFocus?: boolean;
}

export function SearchBox({ name, takesSlashKey = false, autoFocus = false }: SearchBoxProps) {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const { q = "" } = useSearch({ strict: false });
  const [text, setText] = useState(q);
  const [isOpen, setOpen] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const suggestions = useSuggestions(isFocused ? text : "");
  const isListShown = isOpen && suggestions.length > 0;
  useEffect(() => setText(q), [q]);
  useSlashKey(input, takesSlashKey);

  const search = (wanted: string) => {
    const trimmed = wanted.trim();
    if (trimmed !== "") {
      setOpen(false);
      rememberSearch(trimmed);
      void navigate({ to: "/search", search: { q: trimmed } });
    }
  };
  const open = (index: number) => {
    const chosen = suggestions[index];
    setOpen(false);
    setActive(-1);
    if (chosen?.kind === "film") {
      void navigate({ to: "/films/$film", params: { film: chosen.film.slug } });
    } else if (chosen) {
      void navigate({ to: "/people/$person", params: { person: chosen.person.slug } });
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = suggestions.length;
    // While an input method composes a syllable, the keys are its own.
    if (event.nativeEvent.isComposing) {
      return;
    }
    if (event.key === "ArrowDown" && count > 0) {
      event.preventDefault();
      setOpen(true);
      setActive(active + 1 >= count ? -1 : active + 1);
    } else if (event.key === "ArrowUp" && count > 0) {
      event.preventDefault();
      setOpen(true);
      setActive(active < 0 ? count - 1 : active - 1);
    } else if (event.key === "Escape" && isListShown) {
      event.preventDefault();
      setOpen(false);
      setActive(-1);
    }
  };
  return (
    <search className="relative block">
      <form
        action="/search"
        onSubmit={(event) => {
          event.preventDefault();
          if (isListShown && active >= 0) {
            open(active);
          } else {
            search(text);
          }
        }}
      >
        <SearchIcon className="pointer-events-none absolute top-3 left-3.5 size-5 text-muted" />
        <input
          ref={input}
          name="q"
          role="combobox"
          aria-label={t.search.label}
          aria-expanded={isListShown}
          aria-controls={`${name}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isListShown && active >= 0 ? optionId(name, active) : undefined}
          placeholder={t.search.placeholder}
          value={text}
          maxLength={200}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          // biome-ignore lint/a11y/noAutofocus: on the page for searching, which a viewer opens to type
          autoFocus={autoFocus}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setOpen(true);
            setActive(-1);
          }}
          onKeyDown={onKeyDown}
          onFocus={() => setFocused(true)}
          onBlur={() => {
            setFocused(false);
            setOpen(false);
          }}
          className="min-h-11 w-full rounded-full border border-line bg-stage pr-11 pl-11 text-base leading-normal text-ink placeholder:text-muted hover:border-muted"
        />
        {text !== "" && (
          <button
            type="button"
            aria-label={t.search.clear}
            onClick={() => {
              setText("");
              input.current?.focus();
            }}
            className="absolute inset-y-0 right-0 grid w-11 place-items-center rounded-full text-muted hover:text-ink"
          >
            <CloseIcon className="size-5" />
          </button>
        )}
      </form>
      <SuggestionList
        name={name}
        suggestions={isListShown ? suggestions : []}
        active={active}
        onChoose={open}
      />
      <p role="status" className="sr-only">
        {isListShown ? t.search.suggestionsCount(suggestions.length) : ""}
      </p>
    </search>
  );
}
