import { expect, test } from "vitest";
import { partsOf } from "./marked-parts";

const marked = (text: string, searched: string) =>
  partsOf(text, searched)
    .map(({ part, isMarked }) => (isMarked ? `[${part}]` : part))
    .join("");

test.each([
  ["Good Morning, Luang Prabang", "luang", "Good Morning, [Luang] Prabang"],
  ["ສະບາຍດີ ຫຼວງພະບາງ", "ພະບາງ", "ສະບາຍດີ ຫຼວງ[ພະບາງ]"],
  ["a.b", ".", "a[.]b"],
  ["The river", "river the", "[The] [river]"],
  ["Nothing", "  ", "Nothing"],
])("in %j the words %j are marked", (text, searched, expected) => {
  expect(marked(text, searched)).toBe(expected);
});
