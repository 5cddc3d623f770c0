import { expect, test } from "vitest";
import {
  type Cue,
  findAgain,
  PAGE_SIZE,
  pageAt,
  pageCount,
  plainText,
  searchCues,
  timesAfter,
} from "./cue-list";

const cue = (start_ms: number, end_ms: number, text = "x"): Cue => ({ start_ms, end_ms, text });

test("viewers read no tags and references", () => {
  expect(plainText("<i>A</i> &amp; B &lt;3&gt;\n<v ນາງ>ສະບາຍດີ</v>")).toBe("A & B <3>\nສະບາຍດີ");
  expect(plainText("&amp;lt;")).toBe("&lt;");
});

test("the search finds text across lines and in any case", () => {
  const cues = [cue(0, 1, "Hello\nWorld"), cue(1, 2, "ສະບາຍດີ <i>ໂລກ</i>"), cue(2, 3, "ນ້ຳ")];
  const found = (search: string) => searchCues(cues, search).map(({ index }) => index);
  expect(found("")).toEqual([0, 1, 2]);
  expect(found("hello world")).toEqual([0]);
  expect(found("ດີ ໂລກ")).toEqual([1]);
  expect(found("ນ້\u0ecd\u0eb2")).toEqual([2]);
  expect(found("none")).toEqual([]);
});

test("a time opens the page of the cue that is shown then or next", () => {
  const cues = searchCues(
    Array.from({ length: PAGE_SIZE * 2 + 1 }, (_none, at) => cue(at * 1000, at * 1000 + 500)),
    "",
  );
  expect(pageCount(cues)).toBe(3);
  expect(pageAt(cues, 0)).toBe(0);
  expect(pageAt(cues, (PAGE_SIZE - 1) * 1000 + 600)).toBe(1);
  expect(pageAt(cues, 86_400_000)).toBe(2);
  expect(pageAt([], 5)).toBe(0);
  expect(pageCount([])).toBe(1);
});

test("a cue is found again in a newer list", () => {
  const before = cue(1000, 2000, "a");
  expect(findAgain([cue(0, 1), before], before)).toBe(1);
  expect(findAgain([cue(0, 1), cue(1000, 3000, "b")], before)).toBe(1);
  expect(findAgain([cue(1000, 3000, "b"), cue(1000, 4000, "c")], before)).toBeNull();
  expect(findAgain([cue(0, 1)], before)).toBeNull();
});

test("a new cue fits before the next one", () => {
  const cues = [cue(1000, 2000), cue(3000, 4000), cue(4000, 5000)];
  expect(timesAfter(cues, -1)).toEqual({ start_ms: 0, end_ms: 1000 });
  expect(timesAfter(cues, 0)).toEqual({ start_ms: 2000, end_ms: 3000 });
  expect(timesAfter(cues, 1)).toEqual({ start_ms: 4000, end_ms: 4500 });
  expect(timesAfter(cues, 2)).toEqual({ start_ms: 5000, end_ms: 7000 });
});
