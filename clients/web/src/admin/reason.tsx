/** Why something failed: the server's reason in the language of the page, or as the server wrote it if the page does not know it. */
import { useEditorLanguage } from "../i18n/editor";
import { reasonIn } from "../i18n/reasons";

export function Reason({ text, className = "" }: { text: string; className?: string }) {
  const { language } = useEditorLanguage();
  const known = reasonIn(text, language);
  return (
    <p lang={known === null ? "en" : language} className={`break-words whitespace-pre-wrap ${className}`}>
      {known ?? text}
    </p>
  );
}
