/** Shows the encoding that the server guessed, with a preview. The editor confirms it or chooses another. */
import { useEffect, useId, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { SelectField } from "../../ui/select-field";
import { encodingOptions, previewOf } from "./encoding-preview";
import type { GuessedEncoding } from "./file-problems";

interface EncodingConfirmationProps {
  guess: GuessedEncoding;
  file: File;
  /** BCP 47, for the fonts of the preview. */
  language: string;
  sending: boolean;
  onConfirm(encoding: string): void;
}

export function EncodingConfirmation({
  guess,
  file,
  language,
  sending,
  onConfirm,
}: EncodingConfirmationProps) {
  const { t } = useEditorLanguage();
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const options = encodingOptions(guess.encoding);
  const [encoding, setEncoding] = useState(options[0] ?? guess.encoding);
  const preview = usePreview(guess, file, encoding);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby={id} className="space-y-4 rounded-2xl border border-lamp/60 bg-lamp/8 p-4">
      <div className="space-y-1">
        <h4 id={id} ref={heading} tabIndex={-1} className="font-semibold">
          {t.subtitleFile.confirmTitle}
        </h4>
        <p className="text-sm text-soft">{t.subtitleFile.confirmText(guess.encoding)}</p>
      </div>
      <figure aria-live="polite" className="rounded-xl bg-night px-4 py-3">
        <figcaption className="text-sm text-muted">{t.subtitleFile.preview(encoding)}</figcaption>
        {preview === null ? (
          <p className="mt-1 text-muted">{t.subtitleFile.noPreview}</p>
        ) : (
          <ul lang={language} className="mt-1 space-y-1 leading-[1.75]">
            {preview.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines may be equal, and the list changes as a whole
              <li key={index} dir="auto" className="break-words whitespace-pre-line">
                {line}
              </li>
            ))}
          </ul>
        )}
      </figure>
      <SelectField
        label={t.subtitleFile.encoding}
        value={encoding}
        options={options.map((value) => ({
          value,
          label: `${value}${t.subtitleFile.encodingNames[value as keyof typeof t.subtitleFile.encodingNames] ?? ""}`,
        }))}
        disabled={sending}
        onChange={(event) => setEncoding(event.currentTarget.value)}
      />
      <Button kind="primary" disabled={sending} onClick={() => onConfirm(encoding)}>
        {t.subtitleFile.confirm(encoding)}
      </Button>
    </section>
  );
}

/** The server's preview for its guess, and the browser's for other encodings. */
function usePreview(guess: GuessedEncoding, file: File, encoding: string): string[] | null {
  const [other, setOther] = useState<{ encoding: string; lines: string[] | null } | null>(null);
  const isGuess = encoding === guess.encoding.toLowerCase();
  useEffect(() => {
    let isCurrent = true;
    if (!isGuess) {
      void previewOf(file, encoding).then((lines) => isCurrent && setOther({ encoding, lines }));
    }
    return () => {
      isCurrent = false;
    };
  }, [file, encoding, isGuess]);
  if (isGuess) {
    return guess.preview;
  }
  return other?.encoding === encoding ? other.lines : [];
}
