import { expect, test } from "vitest";
import { filledTitles, titlesFromFileName } from "./title-fields";

test("a file name gives a first title in the language of its script", () => {
  expect(titlesFromFileName("Good_Morning.Luang_Prabang.mp4")).toEqual({ en: "Good Morning Luang Prabang" });
  expect(titlesFromFileName("ສະບາຍດີ ຫຼວງພະບາງ.mov")).toEqual({ lo: "ສະບາຍດີ ຫຼວງພະບາງ" });
  expect(titlesFromFileName(".mp4")).toEqual({});
});

test("empty titles are not sent", () => {
  expect(filledTitles({ lo: " ໜັງ ", en: "  " })).toEqual({ lo: "ໜັງ" });
  expect(filledTitles({ lo: "", en: "" })).toBeNull();
});
