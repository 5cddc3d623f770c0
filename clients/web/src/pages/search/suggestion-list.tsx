import type { Suggestion } from "@nang/api-client";
import { Poster } from "../../catalogue/poster";
import { titleOf, useLanguage } from "../../i18n/language";
import { langOf } from "../../i18n/script";
import { PersonIcon } from "../../ui/icons";

export const optionId = (name: string, index: number) => `${name}-option-${index}`;

interface SuggestionListProps {
  name: string;
  suggestions: readonly Suggestion[];
  active: number;
  onChoose(index: number): void;
}

export function SuggestionList({ name, suggestions, active, onChoose }: SuggestionListProps) {
  const { t, language } = useLanguage();
  const nameOf = (suggestion: Suggestion) =>
    suggestion.kind === "film"
      ? { text: suggestion.text, lang: langOf(suggestion.text) }
      : titleOf(suggestion.person.names, language, suggestion.text);
  return (
    <div
      id={`${name}-list`}
      role="listbox"
      aria-label={t.search.suggestions}
      hidden={suggestions.length === 0}
      className="absolute inset-x-0 top-full z-40 mt-2 max-h-[70dvh] overflow-y-auto rounded-2xl border border-line bg-panel p-1.5 shadow-xl"
    >
      {suggestions.map((suggestion, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys of a combobox belong to its input
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input, which names the active option
        <div
          key={suggestion.id}
          id={optionId(name, index)}
          role="option"
          aria-selected={index === active}
          // The input must keep the focus; losing it would close the list before the click.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(index)}
          className="flex min-h-12 cursor-pointer items-center gap-3 rounded-xl p-1.5 hover:bg-raised aria-selected:bg-raised"
        >
          <span className="block w-8 shrink-0">
            {suggestion.kind === "film" ? (
              <Poster film={suggestion.film} sizes="2rem" />
            ) : (
              <span className="grid size-8 place-items-center rounded-full bg-raised text-muted">
                <PersonIcon className="size-5" />
              </span>
            )}
          </span>
          <span className="min-w-0 flex-1">
            <span lang={nameOf(suggestion).lang} className="block truncate">
              {nameOf(suggestion).text}
            </span>
            <span className="block text-sm text-muted">
              {suggestion.kind === "film"
                ? [t.search.film, suggestion.film.year].filter(Boolean).join(" · ")
                : t.search.person}
            </span>
          </span>
        </div>
      ))}
    </div>
  );
}
