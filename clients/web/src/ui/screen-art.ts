/** The background of a film without a poster. A film always has the same colours. */
import type { CSSProperties } from "react";

/** Hues that fit the dark theme, from orange to purple. */
const HUES = [35, 18, 62, 140, 215, 262, 330, 352];

export function screenArt(filmId: string): CSSProperties {
  let hash = 2166136261;
  for (let index = 0; index < filmId.length; index += 1) {
    hash = Math.imul(hash ^ filmId.charCodeAt(index), 16777619) >>> 0;
  }
  // Ids that differ in one digit only should still get different colours.
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0;
  hash = (hash ^ (hash >>> 13)) >>> 0;
  const hue = HUES[hash % HUES.length] ?? 35;
  return { "--hue": hue, "--lamp-x": `${25 + ((hash >>> 8) % 55)}%` } as CSSProperties;
}
