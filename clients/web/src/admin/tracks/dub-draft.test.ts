import { expect, test } from "vitest";
import { EDITOR_TEXTS } from "../../i18n/editor";
import { dubMetadata, dubProblems, NEW_DUB } from "./dub-draft";

const { en } = EDITOR_TEXTS;

test("a new dub needs a language and a shift in seconds", () => {
  expect(dubProblems(NEW_DUB, true, en)).toEqual({});
  expect(dubProblems({ ...NEW_DUB, language: "", shift: "soon" }, true, en)).toEqual({
    language: en.tracks.languageTagWrong,
    shift: en.dub.shiftWrong,
  });
  expect(dubProblems({ ...NEW_DUB, language: "" }, false, en)).toEqual({});
});

test("a new dub is described, and a dub that gets another file keeps what it is", () => {
  const draft = { ...NEW_DUB, label: " ພາກລາວ ", shift: "-1,5" };
  expect(dubMetadata(draft, "film", null)).toEqual({
    film_id: "film",
    purpose: "dub",
    language: "lo",
    label: "ພາກລາວ",
    default: "false",
    role: "main",
    shift_ms: "-1500",
  });
  expect(dubMetadata({ ...draft, shift: "" }, "film", "track")).toEqual({
    film_id: "film",
    purpose: "dub",
    track_id: "track",
    shift_ms: "0",
  });
});
