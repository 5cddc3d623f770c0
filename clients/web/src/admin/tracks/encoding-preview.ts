/** Reads the first lines of a subtitle file in an encoding, so that an editor sees whether it is the right one. */

/** Labels of the Encoding Standard that subtitle files of the region have. */
export const ENCODINGS = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "windows-874",
  "windows-1258",
  "windows-1252",
  "gb18030",
  "big5",
  "shift_jis",
  "euc-kr",
  "windows-1251",
  "iso-8859-1",
] as const;

const PREVIEW_BYTES = 64 * 1024;
const PREVIEW_LINES = 5;

/** The encodings to choose from, with the server's guess first. */
export function encodingOptions(guess: string): string[] {
  const lower = guess.toLowerCase();
  return [lower, ...ENCODINGS.filter((encoding) => encoding !== lower)];
}

/** Null if the browser does not know the encoding. */
export async function previewOf(file: Blob, encoding: string): Promise<string[] | null> {
  try {
    const decoder = new TextDecoder(encoding);
    return spokenLines(decoder.decode(await file.slice(0, PREVIEW_BYTES).arrayBuffer(), { stream: true }));
  } catch {
    return null;
  }
}

/** The first lines that viewers read: without numbers, times, headers and styles. */
export function spokenLines(text: string): string[] {
  const isAss = /^\[(Script Info|V4)/im.test(text);
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => (isAss ? dialogueText(line) : line.trim()))
    .filter((line) => line !== "" && !/^\d+$/.test(line) && !line.includes("-->"))
    .filter((line) => !/^\uFEFF?(WEBVTT|NOTE|STYLE|REGION)\b/.test(line))
    .slice(0, PREVIEW_LINES);
}

/** The text of an ASS event is after its ninth comma. */
function dialogueText(line: string): string {
  const fields = /^Dialogue:/i.test(line) ? line.split(",") : [];
  return fields
    .slice(9)
    .join(",")
    .replace(/\{[^}]*\}/g, "")
    .replace(/\\[Nnh]/g, " ")
    .trim();
}
