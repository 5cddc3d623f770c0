/**
 * Where cues are drawn, from their WebVTT settings (https://www.w3.org/TR/webvtt1/#processing-cue-settings). Text is
 * always horizontal; `vertical` is ignored.
 */
import type { SubtitlePosition } from "./viewing-preferences";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface CueSettings
  extends Pick<VTTCue, "snapToLines" | "lineAlign" | "positionAlign" | "align" | "size"> {
  line: number | "auto";
  position: number | "auto";
}

export const DEFAULT_SETTINGS: CueSettings = {
  line: "auto",
  snapToLines: true,
  lineAlign: "start",
  position: "auto",
  positionAlign: "auto",
  align: "center",
  size: 100,
};

/** The settings of a cue with the viewer's choice of a place, which is for cues that name no place of their own. */
export function settingsAt(settings: CueSettings, position: SubtitlePosition): CueSettings {
  if (settings.line !== "auto" || position === "bottom") {
    return settings;
  }
  // Reading the fields one by one: those of a VTTCue are not its own properties.
  const { positionAlign, align, size } = settings;
  const own = { position: settings.position, positionAlign, align, size };
  return position === "top"
    ? { ...own, line: 0, snapToLines: true, lineAlign: "start" }
    : { ...own, line: RAISED_PERCENT, snapToLines: false, lineAlign: "end" };
}

/** The lower edge of raised subtitles, above the titles that many films have at the bottom. */
const RAISED_PERCENT = 78;

export interface MeasuredCue {
  settings: CueSettings;
  isRtl: boolean;
  /** In pixels, at the width of its column. */
  height: number;
  lineHeight: number;
}

/** The box of the video's frame inside its element, which may be wider or higher. */
export function frameBox(
  element: { width: number; height: number },
  video: { width: number; height: number },
): Box {
  const known = video.width > 0 && video.height > 0;
  const scale = known ? Math.min(element.width / video.width, element.height / video.height) : 0;
  const width = known ? video.width * scale : element.width;
  const height = known ? video.height * scale : element.height;
  const left = (element.width - width) / 2;
  const top = (element.height - height) / 2;
  return { left, top, right: left + width, bottom: top + height };
}

/** The left and right edge of a cue: `position`, `align` and `size` apply to the frame, and the text stays in `safe`. */
export function cueColumn(
  settings: CueSettings,
  isRtl: boolean,
  frame: Box,
  safe: Box,
): { left: number; width: number } {
  const side = sideOf(settings.align, isRtl);
  const position =
    settings.position === "auto" ? { left: 0, center: 50, right: 100 }[side] : settings.position;
  const anchor = anchorOf(settings.positionAlign, side);
  const available = {
    left: 100 - position,
    center: 2 * Math.min(position, 100 - position),
    right: position,
  }[anchor];
  const size = Math.min(settings.size, available);
  const start = { left: position, center: position - size / 2, right: position - size }[anchor];
  const scale = (frame.right - frame.left) / 100;
  const left = Math.max(safe.left, frame.left + start * scale);
  const right = Math.min(safe.right, frame.left + (start + size) * scale);
  return { left, width: Math.max(0, right - left) };
}

/**
 * The top of each cue. Cues are placed in their order: one that would cover another moves up, or down if it belongs to
 * the upper half.
 */
export function cueTops(cues: readonly MeasuredCue[], frame: Box, safe: Box): number[] {
  const placed: Box[] = [];
  for (const cue of cues) {
    const { left, width } = cueColumn(cue.settings, cue.isRtl, frame, safe);
    const lowest = Math.max(safe.top, safe.bottom - cue.height);
    const wanted = Math.min(lowest, Math.max(safe.top, wantedTop(cue, frame, safe)));
    const at = (top: number): Box => ({ left, top, right: left + width, bottom: top + cue.height });
    const movesDown = wanted + cue.height / 2 < (frame.top + frame.bottom) / 2;
    const free = (down: boolean) => freeTop(at, wanted, down, placed, safe);
    placed.push(at(free(movesDown) ?? free(!movesDown) ?? wanted));
  }
  return placed.map(({ top }) => top);
}

function wantedTop({ settings, height, lineHeight }: MeasuredCue, frame: Box, safe: Box): number {
  const { line, snapToLines, lineAlign } = settings;
  if (line === "auto") {
    return safe.bottom - height;
  }
  if (snapToLines) {
    return line < 0 ? safe.bottom + line * lineHeight : safe.top + line * lineHeight;
  }
  const before = { start: 0, center: height / 2, end: height }[lineAlign];
  return frame.top + ((frame.bottom - frame.top) * line) / 100 - before;
}

/** The first free top from `from` on, or null if no top is free inside `safe`. */
function freeTop(
  at: (top: number) => Box,
  from: number,
  down: boolean,
  placed: readonly Box[],
  safe: Box,
): number | null {
  let box = at(from);
  for (;;) {
    const obstacle = placed.find((other) => overlap(box, other));
    if (!obstacle) {
      const fits = from === box.top || (box.top >= safe.top && box.bottom <= safe.bottom);
      return fits ? box.top : null;
    }
    box = at(down ? obstacle.bottom : obstacle.top - (box.bottom - box.top));
    if (box.top < safe.top || box.bottom > safe.bottom) {
      return null;
    }
  }
}

function overlap(one: Box, other: Box): boolean {
  const tolerance = 0.5;
  return (
    one.left + tolerance < other.right &&
    other.left + tolerance < one.right &&
    one.top + tolerance < other.bottom &&
    other.top + tolerance < one.bottom
  );
}

type Side = "left" | "center" | "right";

function sideOf(align: CueSettings["align"], isRtl: boolean): Side {
  switch (align) {
    case "start":
      return isRtl ? "right" : "left";
    case "end":
      return isRtl ? "left" : "right";
    default:
      return align;
  }
}

function anchorOf(positionAlign: CueSettings["positionAlign"], side: Side): Side {
  switch (positionAlign) {
    case "line-left":
      return "left";
    case "line-right":
      return "right";
    case "center":
      return "center";
    default:
      return side;
  }
}
