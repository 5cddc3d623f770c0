/** A heading in the viewer's language, and below it the same name in the other language, if there is one. */
import { secondTitleOf, titleOf, useLanguage } from "../i18n/language";

interface TwoNamesProps {
  names: Readonly<Record<string, string>>;
  /** Shown if the film or person has no name at all. */
  nameless: string;
  heading: "h1" | "h2";
  headingClass: string;
  secondClass: string;
}

export function TwoNames({ names, nameless, heading: Heading, headingClass, secondClass }: TwoNamesProps) {
  const { language } = useLanguage();
  const first = titleOf(names, language, nameless);
  const second = secondTitleOf(names, language);
  return (
    <>
      <Heading lang={first.lang} className={headingClass}>
        {first.text}
      </Heading>
      {second && (
        <p lang={second.lang} className={secondClass}>
          {second.text}
        </p>
      )}
    </>
  );
}
