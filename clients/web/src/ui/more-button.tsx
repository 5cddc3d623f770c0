import type { More } from "../lib/use-pages";
import { Button } from "./button";
import { InlineError } from "./notice";

/** Loads the next page of a list. Hidden on the last page. */
export function MoreButton({ more, label }: { more: More; label: string }) {
  return more.available ? (
    <div className="mt-10 flex flex-col items-center gap-4">
      <InlineError error={more.error} />
      <Button disabled={more.working} onClick={more.load}>
        {label}
      </Button>
    </div>
  ) : null;
}
