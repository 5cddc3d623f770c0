import { chooseLanguage, type Language, useLanguage } from "../i18n/language";

const LANGUAGES: { language: Language; name: string; short: string }[] = [
  { language: "lo", name: "ລາວ", short: "ລາວ" },
  { language: "en", name: "EN English", short: "EN" },
];

/** Each language in its own words. A name contains the word that is seen, so that voice control finds it (WCAG 2.5.3). */
export function LanguageSwitch() {
  const { t, language: current } = useLanguage();
  return (
    <fieldset className="flex rounded-full border border-line bg-stage p-0.5">
      <legend className="sr-only">{t.site.language}</legend>
      {LANGUAGES.map(({ language, name, short }) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-label={name}
          aria-pressed={language === current}
          onClick={() => chooseLanguage(language)}
          className={`min-h-10 min-w-11 rounded-full px-2.5 text-sm leading-normal transition-colors ${
            language === current ? "bg-raised font-semibold text-ink" : "text-muted hover:text-ink"
          }`}
        >
          {short}
        </button>
      ))}
    </fieldset>
  );
}
