/** Seconds as editors write them: `1.5`, `-0,25`, `+2`. */
const SECONDS = /^([+\-\u2212]?)(\d{1,5})?(?:[.,](\d{0,3}))?$/;
const MAX_SHIFT_MS = 86_400_000;

/** Milliseconds. 0 if the text is empty, null if it is not a number of seconds within a day. */
export function parseShift(text: string): number | null {
  const trimmed = text.replace(/\s/g, "");
  if (trimmed === "") {
    return 0;
  }
  const [, sign = "", whole = "", fraction = ""] = SECONDS.exec(trimmed) ?? [];
  if (whole === "" && fraction === "") {
    return null;
  }
  const ms = Number(whole || "0") * 1000 + Number(fraction.padEnd(3, "0"));
  if (ms > MAX_SHIFT_MS) {
    return null;
  }
  return sign === "" || sign === "+" || ms === 0 ? ms : -ms;
}
