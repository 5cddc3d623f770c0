import { expect, test } from "vitest";
import { EDITOR_TEXTS } from "../../i18n/editor";
import { draftOf, newDraft, readDraft, rebased } from "./cue-draft";

const { en } = EDITOR_TEXTS;

const CUE = { start_ms: 1000, end_ms: 2500, text: "a" };

test("a draft that was not changed is the cue", () => {
  expect(readDraft(draftOf(CUE, 3), en)).toEqual({ cue: CUE, problems: {} });
});

test("mistakes are named by field", () => {
  const wrong = readDraft({ ...draftOf(CUE, 0), start: "x", text: " \n" }, en);
  expect(wrong.cue).toBeNull();
  expect(Object.keys(wrong.problems)).toEqual(["start", "text"]);
  const reversed = readDraft({ ...draftOf(CUE, 0), end: "0:01" }, en);
  expect(Object.keys(reversed.problems)).toEqual(["end"]);
});

test("after a reload the draft keeps the editor's text", () => {
  const draft = { ...draftOf(CUE, 0), text: "my text" };
  const moved = rebased(draft, [{ start_ms: 0, end_ms: 1, text: "new" }, CUE]);
  expect(moved).toMatchObject({ draft: { index: 1, text: "my text", before: CUE }, isGone: false });
  const gone = rebased(draft, [
    { start_ms: 0, end_ms: 1, text: "b" },
    { start_ms: 9000, end_ms: 9500, text: "c" },
  ]);
  expect(gone).toMatchObject({ draft: { index: 0, text: "my text", before: null }, isGone: true });
  expect(rebased(newDraft(CUE, 5), [CUE]).draft.index).toBe(0);
});
