import { useLanguage } from "../i18n/language";
import { setThemeChoice, type ThemeChoice, useThemeChoice } from "../lib/theme";

const CHOICES: readonly ThemeChoice[] = ["system", "dark", "light"];

export function ThemeSwitch() {
  const { t } = useLanguage();
  const current = useThemeChoice();
  return (
    <fieldset className="flex rounded-full border border-line bg-stage p-0.5">
      <legend className="sr-only">{t.nav.theme}</legend>
      {CHOICES.map((choice) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === current}
          onClick={() => setThemeChoice(choice)}
          className={`min-h-10 rounded-full px-3 leading-normal transition-colors ${
            choice === current ? "bg-raised font-semibold text-ink" : "text-muted hover:text-ink"
          }`}
        >
          {t.nav.themes[choice]}
        </button>
      ))}
    </fieldset>
  );
}
