import { useEffect, useRef } from "react";
import { useLanguage } from "../i18n/language";
import { Button } from "../ui/button";
import { KEY_LIST } from "./keys";

/** The list of keyboard shortcuts, as a modal dialog: the browser keeps the focus inside it. */
export function KeyboardHelp({ onClose }: { onClose(): void }) {
  const { t } = useLanguage();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="keyboard-help"
      onClose={onClose}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(26rem,calc(100vw-2rem))] rounded-3xl border border-line bg-panel p-6 text-ink"
    >
      <h2 id="keyboard-help" className="mb-4 text-lg font-semibold">
        {t.player.keyboardTitle}
      </h2>
      <dl className="space-y-1.5">
        {KEY_LIST.map(({ keys, text }) => (
          <div key={keys.join()} className="flex items-center gap-4">
            <dt className="flex w-28 shrink-0 items-center gap-1.5">
              {keys.map((name) =>
                name === "–" ? (
                  name
                ) : (
                  <kbd
                    key={name}
                    className="min-w-8 rounded-md border border-line bg-raised px-2 py-0.5 text-center text-sm"
                  >
                    {name}
                  </kbd>
                ),
              )}
            </dt>
            <dd className="text-soft">{t.player.keys[text]}</dd>
          </div>
        ))}
      </dl>
      <Button className="mt-6 w-full" onClick={() => dialog.current?.close()}>
        {t.player.close}
      </Button>
    </dialog>
  );
}
