/** A link that the server shows once: to register, to set a new password, or to preview a film. */
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { dateTimeText } from "../../lib/dates";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";

import { QrCode } from "./qr-code";

export interface OneTimeLink {
  /** Only its path if the server does not know its own address. */
  url: string;
  expires_at: string;
}

interface LinkDialogProps {
  link: OneTimeLink;
  /** What to do with the link, if it can be used more than once. */
  text?: string;
  onClose(): void;
}

export function LinkDialog({ link, text, onClose }: LinkDialogProps) {
  const { t, language } = useEditorLanguage();
  const [isCopied, setCopied] = useState(false);
  const url = new URL(link.url, globalThis.location.origin).href;
  const copy = async () => {
    // The clipboard is missing on plain-HTTP sites; the link can be selected by hand.
    await navigator.clipboard?.writeText(url);
    setCopied(true);
  };
  return (
    <Dialog title={t.users.link} closeLabel={t.player.close} onClose={onClose}>
      <p className="mb-4 text-soft">{text ?? t.users.linkText(dateTimeText(link.expires_at, language))}</p>
      <Field
        label={t.users.link}
        value={url}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
        className="mb-4"
      />
      <div className="mb-4">
        <QrCode text={url} label={t.users.qr} />
      </div>
      <Button kind="primary" onClick={() => void copy().catch(() => undefined)}>
        {isCopied ? t.users.copied : t.users.copy}
      </Button>
    </Dialog>
  );
}
