/** A text with the searched words marked. The server also finds other spellings, which cannot be marked here. */
import { partsOf } from "./marked-parts";

export function Marked({ text, searched }: { text: string; searched: string }) {
  return partsOf(text, searched).map(({ at, part, isMarked }) =>
    isMarked ? (
      <mark key={at} className="rounded-sm bg-lamp/35 text-inherit">
        {part}
      </mark>
    ) : (
      part
    ),
  );
}
