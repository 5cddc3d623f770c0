import { expect, test } from "vitest";
import { isSubtitleName, subtitleName } from "./subtitle-name";

test.each([
  ["Film Title.lo.srt", "Film Title", "lo"],
  ["Film_Title_ENG.vtt", "Film_Title", "en"],
  ["ແມ່ນ້ຳ.lao.forced.ass", "ແມ່ນ້ຳ", "lo"],
  ["The River (th) SDH.ssa", "The River", "th"],
  ["The River.srt", "The River", null],
  ["Doctor No.srt", "Doctor No", null],
  ["lo.srt", "lo", null],
])("%s", (name, film, language) => {
  expect(isSubtitleName(name)).toBe(true);
  expect(subtitleName(name)).toEqual({ film, language });
});

test("other text files are no subtitles", () => {
  expect(isSubtitleName("notes.txt")).toBe(false);
});
