import { useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { Button } from "../ui/button";
import { CheckIcon, LinkIcon } from "../ui/icons";

/** Copies the address of a page of this site. Hidden where the browser has no clipboard (plain HTTP). */
export function CopyLink({ path }: { path: string }) {
  const { t } = useEditorLanguage();
  const [copied, setCopied] = useState(false);
  const { clipboard } = navigator as Partial<Navigator>;
  if (!clipboard) {
    return null;
  }
  const copy = () =>
    clipboard.writeText(new URL(path, globalThis.location.href).href).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <Button onClick={() => void copy()}>
      {copied ? <CheckIcon className="size-5 text-leaf" /> : <LinkIcon className="size-5" />}
      {copied ? t.film.copied : t.film.copyLink}
    </Button>
  );
}
