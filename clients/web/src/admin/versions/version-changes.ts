/** What viewers would notice if the film showed another presentation. */
import type { ResultOf } from "@nang/api-client";
import type { EditorDictionary } from "../../i18n/editor";

export type Version = ResultOf<"/api/admin/films/{id}/presentations", "get">["items"][number];
type Track = Version["audio_tracks"][number];

export type VersionChange =
  | { kind: "video" }
  | { kind: "order" }
  | { kind: "content" }
  | { kind: "added" | "removed"; label: string }
  | { kind: "renamed"; label: string; from: string }
  | { kind: "settings"; label: string };

/** From the presentation that the film shows to the other. `content`: names and order are the same, so the texts differ. */
export function versionChanges(shown: Version, other: Version): VersionChange[] {
  const changes: VersionChange[] = shown.build_id === other.build_id ? [] : [{ kind: "video" }];
  for (const kind of ["audio_tracks", "subtitle_tracks"] as const) {
    changes.push(...trackChanges(shown[kind], other[kind]));
  }
  return changes.length === 0 ? [{ kind: "content" }] : changes;
}

function trackChanges(shown: readonly Track[], other: readonly Track[]): VersionChange[] {
  const changes: VersionChange[] = [];
  for (const track of other) {
    const now = shown.find(({ id }) => id === track.id);
    if (!now) {
      changes.push({ kind: "added", label: track.label });
    } else if (now.label !== track.label) {
      changes.push({ kind: "renamed", label: track.label, from: now.label });
    } else if (!hasSameSettings(now, track)) {
      changes.push({ kind: "settings", label: track.label });
    }
  }
  const removed = shown.filter(({ id }) => !other.some((track) => track.id === id));
  changes.push(...removed.map(({ label }) => ({ kind: "removed", label }) as const));
  const inBoth = (tracks: readonly Track[], others: readonly Track[]) =>
    tracks.map(({ id }) => id).filter((id) => others.some((track) => track.id === id));
  if (inBoth(shown, other).join() !== inBoth(other, shown).join()) {
    changes.push({ kind: "order" });
  }
  return changes;
}

function hasSameSettings(one: Track, other: Track): boolean {
  return (
    one.language === other.language &&
    one.default === other.default &&
    one.forced === other.forced &&
    one.role === other.role
  );
}

export function changeText(change: VersionChange, t: EditorDictionary): string {
  const { changes } = t.versions;
  switch (change.kind) {
    case "video":
    case "order":
    case "content":
      return changes[change.kind];
    case "renamed":
      return changes.renamed(change.from, change.label);
    default:
      return changes[change.kind](change.label);
  }
}

/** What made a presentation, in words. Newer servers may know other actions. */
export function madeByText(madeBy: string, t: EditorDictionary): string {
  const known: Readonly<Record<string, string>> = t.versions.madeBy;
  return known[madeBy] ?? t.versions.madeByOther;
}
