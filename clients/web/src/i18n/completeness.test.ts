import { expect, test } from "vitest";
import { EDITOR_TEXTS } from "./editor";

type Texts = { [name: string]: unknown };

/** `path: kind` of every text; functions count with the number of their arguments. */
function shapeOf(texts: Texts, path = ""): string[] {
  return Object.entries(texts).flatMap(([name, value]) => {
    const here = `${path}${name}`;
    if (typeof value === "object" && value !== null) {
      return shapeOf(value as Texts, `${here}.`);
    }
    return [`${here}: ${typeof value === "function" ? `text of ${value.length}` : typeof value}`];
  });
}

function emptyTexts(texts: Texts, path = ""): string[] {
  return Object.entries(texts).flatMap(([name, value]) => {
    const here = `${path}${name}`;
    if (typeof value === "object" && value !== null) {
      return emptyTexts(value as Texts, `${here}.`);
    }
    return typeof value === "string" && value.trim() === "" ? [here] : [];
  });
}

function textsIn(texts: Texts, path = ""): [string, string][] {
  return Object.entries(texts).flatMap(([name, value]): [string, string][] => {
    const here = `${path}${name}`;
    if (typeof value === "object" && value !== null) {
      return textsIn(value as Texts, `${here}.`);
    }
    return typeof value === "string" ? [[here, value]] : [];
  });
}

test("every text is in both languages", () => {
  const { en, lo } = EDITOR_TEXTS;
  expect(shapeOf(lo).sort()).toEqual(shapeOf(en).sort());
  expect(emptyTexts(lo)).toEqual([]);
  expect(emptyTexts(en)).toEqual([]);
});

/** A name, which is the same in both languages. */
const NAMES = ["Nang"];

test("no Lao text is the English one", () => {
  const { en, lo } = EDITOR_TEXTS;
  const english = new Map(textsIn(en));
  const same = textsIn(lo).filter(
    ([path, text]) => english.get(path) === text && /[a-z]{3}/i.test(text) && !NAMES.includes(text),
  );
  expect(same).toEqual([]);
});
