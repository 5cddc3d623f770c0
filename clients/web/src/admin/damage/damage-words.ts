/** Damage of a build in words. */
import type { Build } from "@nang/api-client";
import type { EditorDictionary } from "../../i18n/editor";
import { clockTime } from "../../lib/format";

export type Damage = NonNullable<Build["damage"]>;
export type TrackDamage = Damage["tracks"][number];
export type Place = TrackDamage["places"][number];

/** A player starts this long before a place, so that the editor sees what it interrupts. */
const LEAD_SECONDS = 3;

export function trackName({ kind, track, label }: TrackDamage, t: EditorDictionary): string {
  return kind === "held_frames" || track === null ? t.damage.video : t.damage.audio(track, label);
}

/** `Silence for 3.2 s (0.4 % of the film).` */
export function lossText({ kind, total_ms }: TrackDamage, filmMs: number, t: EditorDictionary): string {
  return t.damage.lost[kind](secondsText(total_ms, t), percent(total_ms, filmMs));
}

/** `1:10.0 – 1:13.0 (3 s)` */
export function placeText({ from_ms, duration_ms }: Place, t: EditorDictionary): string {
  return t.damage.place(tenths(from_ms), tenths(from_ms + duration_ms), secondsText(duration_ms, t));
}

/** Where a player starts to show a place. */
export function leadIn({ from_ms }: Place): number {
  return Math.max(0, from_ms / 1000 - LEAD_SECONDS);
}

/** The longest places, in the order of the film. */
export function longestPlaces(places: readonly Place[], limit: number): Place[] {
  const longest = [...places].sort(
    (one, other) => other.duration_ms - one.duration_ms || one.from_ms - other.from_ms,
  );
  return longest.slice(0, limit).sort((one, other) => one.from_ms - other.from_ms);
}

/** `1:10.5` */
function tenths(ms: number): string {
  return `${clockTime(ms / 1000)}.${Math.floor((ms % 1000) / 100)}`;
}

/** Rounded up, so that it is never zero. Minutes and more as a clock shows them. */
function secondsText(ms: number, t: EditorDictionary): string {
  return ms >= 60_000 ? clockTime(ms / 1000) : t.damage.seconds(String(Math.ceil(ms / 100) / 10));
}

function percent(part: number, whole: number): string {
  const share = whole > 0 ? (part / whole) * 100 : 0;
  return share < 0.1 ? "< 0.1 %" : `${share >= 10 ? Math.round(share) : share.toFixed(1)} %`;
}
