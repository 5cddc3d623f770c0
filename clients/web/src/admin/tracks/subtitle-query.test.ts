import { expect, test } from "vitest";
import { EDITOR_TEXTS } from "../../i18n/editor";
import { draftProblems, type SubtitleDraft, subtitleQuery } from "./subtitle-query";
import { NO_TIMING } from "./timing-fields";

const { en } = EDITOR_TEXTS;

const DRAFT: SubtitleDraft = {
  language: "lo",
  label: " ",
  isDefault: false,
  forced: false,
  role: "main",
  timing: NO_TIMING,
};

test("a new track has its language and flags, and no name unless the editor wrote one", () => {
  expect(subtitleQuery(DRAFT, true, "film.srt", null)).toEqual({
    name: "film.srt",
    language: "lo",
    default: false,
    forced: false,
    role: "main",
    shift_ms: 0,
  });
  expect(subtitleQuery({ ...DRAFT, label: " ລາວ " }, true, "a", "windows-874")).toMatchObject({
    label: "ລາວ",
    encoding: "windows-874",
  });
});

test("a replaced file is not moved as the former file was", () => {
  expect(subtitleQuery(DRAFT, false, "film.srt", null)).toEqual({
    name: "film.srt",
    shift_ms: 0,
    from_fps: "25",
    to_fps: "25",
  });
  const timing = { shift: "-1,5", fromFps: "25", toFps: "23.976" };
  expect(subtitleQuery({ ...DRAFT, timing }, false, "a", null)).toMatchObject({
    shift_ms: -1500,
    from_fps: "25",
    to_fps: "23.976",
  });
});

test("mistakes are named before the file is sent", () => {
  expect(draftProblems(DRAFT, true, en)).toEqual({});
  expect(draftProblems({ ...DRAFT, language: "" }, true, en)).toHaveProperty("language");
  expect(draftProblems({ ...DRAFT, language: "" }, false, en)).toEqual({});
  const timing = { shift: "soon", fromFps: "25", toFps: "" };
  expect(Object.keys(draftProblems({ ...DRAFT, timing }, true, en))).toEqual(["shift_ms", "from_fps"]);
});
