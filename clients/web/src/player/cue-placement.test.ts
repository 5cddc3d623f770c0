import { expect, test } from "vitest";
import {
  type CueSettings,
  cueColumn,
  cueTops,
  DEFAULT_SETTINGS,
  frameBox,
  settingsAt,
} from "./cue-placement";

const FRAME = { left: 0, top: 0, right: 1000, bottom: 500 };
const SAFE = { left: 30, top: 20, right: 970, bottom: 480 };

const cue = (settings: Partial<CueSettings> = {}, height = 40, lineHeight = 40) => ({
  settings: { ...DEFAULT_SETTINGS, ...settings },
  isRtl: false,
  height,
  lineHeight,
});
const tops = (...cues: ReturnType<typeof cue>[]) => cueTops(cues, FRAME, SAFE);
const column = (settings: Partial<CueSettings>, isRtl = false) => {
  const { left, width } = cueColumn({ ...DEFAULT_SETTINGS, ...settings }, isRtl, FRAME, SAFE);
  return [left, left + width];
};

test("the frame is the part of the element that the video covers", () => {
  const element = { width: 1000, height: 1000 };
  expect(frameBox(element, { width: 500, height: 250 })).toEqual({
    left: 0,
    top: 250,
    right: 1000,
    bottom: 750,
  });
  expect(frameBox(element, { width: 500, height: 1000 })).toEqual({
    left: 250,
    top: 0,
    right: 750,
    bottom: 1000,
  });
  expect(frameBox(element, { width: 0, height: 0 })).toEqual({ left: 0, top: 0, right: 1000, bottom: 1000 });
});

test.each<[string, Partial<CueSettings>, number, number]>([
  ["the whole width", {}, 30, 970],
  ["size", { size: 50 }, 250, 750],
  ["position in the centre", { position: 30 }, 30, 600],
  ["position and size", { position: 30, size: 20 }, 200, 400],
  ["align start", { align: "start", size: 40 }, 30, 400],
  ["align end", { align: "end", size: 40 }, 600, 970],
  ["align left at a position", { align: "left", position: 60 }, 600, 970],
  ["position is the right edge", { position: 60, positionAlign: "line-right", size: 30 }, 300, 600],
  ["position is the left edge", { position: 60, positionAlign: "line-left", size: 30 }, 600, 900],
])("the column of a cue: %s", (_name, settings, left, right) => {
  expect(column(settings)).toEqual([left, right]);
});

test("text from right to left starts on the right", () => {
  expect(column({ align: "start", size: 40 }, true)).toEqual([600, 970]);
});

test.each<[string, Partial<CueSettings>, number]>([
  ["automatic: at the bottom", {}, 440],
  ["line 0: at the top", { line: 0 }, 20],
  ["line 2", { line: 2 }, 100],
  ["line -1: the last line", { line: -1 }, 440],
  ["line -3", { line: -3 }, 360],
  ["50 %", { line: 50, snapToLines: false }, 250],
  ["50 %, centre", { line: 50, snapToLines: false, lineAlign: "center" }, 230],
  ["50 %, end", { line: 50, snapToLines: false, lineAlign: "end" }, 210],
  ["100 % stays inside", { line: 100, snapToLines: false }, 440],
  ["line 90 stays inside", { line: 90 }, 440],
])("the top of a cue: %s", (_name, settings, top) => {
  expect(tops(cue(settings))).toEqual([top]);
});

test("a cue of two lines at line -1 moves up until it fits", () => {
  expect(tops(cue({ line: -1 }, 80))).toEqual([400]);
});

test("cues at the same time do not cover each other", () => {
  expect(tops(cue(), cue({}, 80), cue())).toEqual([440, 360, 320]);
  expect(tops(cue({ line: 0 }), cue({ line: 0 }))).toEqual([20, 60]);
  expect(tops(cue({ line: 10, snapToLines: false }), cue({ line: 12, snapToLines: false }))).toEqual([
    50, 90,
  ]);
  expect(tops(cue({ line: -1 }), cue())).toEqual([440, 400]);
});

test("cues next to each other stay where they are", () => {
  expect(tops(cue({ position: 20, size: 30 }), cue({ position: 80, size: 30 }))).toEqual([440, 440]);
});

test("above visible controls, only the cues that they would hide move", () => {
  const above = { ...SAFE, bottom: 400 };
  expect(cueTops([cue(), cue({ line: 20, snapToLines: false })], FRAME, above)).toEqual([360, 100]);
});

test("a cue that is too high for the frame starts at its top", () => {
  expect(tops(cue({}, 900))).toEqual([20]);
});

test("the viewer's place is for cues that name none", () => {
  const topAt = (settings: Partial<CueSettings>, position: "bottom" | "raised" | "top") =>
    tops(cue(settingsAt({ ...DEFAULT_SETTINGS, ...settings }, position)))[0];
  expect(topAt({}, "bottom")).toBe(440);
  expect(topAt({}, "raised")).toBe(350);
  expect(topAt({}, "top")).toBe(20);
  const placed = { line: 50, snapToLines: false };
  expect(topAt(placed, "top")).toBe(topAt(placed, "bottom"));
});
