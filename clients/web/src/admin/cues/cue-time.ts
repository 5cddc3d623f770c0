/** Times of cues: `1:02:03.500`. Editors may also write `01:02:03,5`, `62:03` or `3.5`, and Lao digits. */
const TIME = /^(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3}))?$/;
const LAO_ZERO = 0x0ed0;

/** Milliseconds, or null if the text is not a time. */
export function parseCueTime(text: string): number | null {
  const plain = text
    .replace(/[\u0ed0-\u0ed9]/g, (digit) => String(digit.charCodeAt(0) - LAO_ZERO))
    .replace(/\s/g, "");
  const match = TIME.exec(plain);
  if (!match) {
    return null;
  }
  const [, hours, minutes, seconds = "", fraction = ""] = match;
  // Only the first part may exceed 59: `90` seconds and `75:00` are clear, `1:75:00` is a slip.
  if ((minutes !== undefined && Number(seconds) > 59) || (hours !== undefined && Number(minutes) > 59)) {
    return null;
  }
  const whole = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds);
  return whole * 1000 + Number(fraction.padEnd(3, "0"));
}

/** `0:00:03.500`: always with hours, so that times are read and compared easily. */
export function formatCueTime(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(whole / 1000);
  const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}.${String(whole % 1000).padStart(3, "0")}`;
}
