/** Why something failed: by the server's code in the language of the page, or as the server wrote it in English. */
import type { FailureReason } from "@nang/api-client";
import { useEditorLanguage } from "../i18n/editor";
import { reasonIn } from "../i18n/reasons";

export function Reason(props: { text: string; reason: FailureReason | null; className?: string }) {
  const { language } = useEditorLanguage();
  const known = reasonIn(props.reason, language);
  return (
    <p
      lang={known === null ? "en" : language}
      className={`break-words whitespace-pre-wrap ${props.className ?? ""}`}
    >
      {known ?? props.text}
    </p>
  );
}
