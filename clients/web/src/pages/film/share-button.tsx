/** Shares the page with the device's own menu; on devices without one, copies the link. */
import { useState } from "react";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/button";
import { CheckIcon, ShareIcon } from "../../ui/icons";

export function ShareButton({ title }: { title: string }) {
  const { t } = useLanguage();
  const [outcome, setOutcome] = useState<"none" | "copied" | "failed">("none");
  const share = async () => {
    const url = globalThis.location.origin + globalThis.location.pathname;
    if (navigator.share) {
      // Closing the device's menu without a choice rejects too, and needs no message.
      await navigator.share({ title, url }).catch(() => undefined);
      return;
    }
    // The clipboard is missing on plain-HTTP sites.
    const copied = await navigator.clipboard?.writeText(url).then(
      () => true,
      () => false,
    );
    setOutcome(copied ? "copied" : "failed");
  };
  return (
    <>
      <Button onClick={() => void share()}>
        {outcome === "copied" ? <CheckIcon className="size-5 text-leaf" /> : <ShareIcon className="size-5" />}
        {t.filmPage.share}
      </Button>
      <p role="status" className="self-center text-sm text-soft empty:hidden">
        {outcome === "copied" && t.filmPage.copied}
        {outcome === "failed" && t.filmPage.copyFailed}
      </p>
    </>
  );
}
