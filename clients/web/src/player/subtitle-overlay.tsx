/** Draws the cues that are due now over the video. The browser's own drawing cannot be placed above the control bar. */
import { memo, type RefObject, useEffect, useLayoutEffect, useReducer, useRef } from "react";
import { COLOUR_CODES, SIZE_PERCENT } from "../account/account-preferences";
import { useLanguage } from "../i18n/language";
import { useElementSize } from "../lib/use-element-size";
import {
  type Box,
  cueColumn,
  cueTops,
  DEFAULT_SETTINGS,
  frameBox,
  type MeasuredCue,
  settingsAt,
} from "./cue-placement";
import type { SubtitlePosition, SubtitleSize, SubtitleStyle } from "./viewing-preferences";

interface SubtitleOverlayProps {
  cues: readonly VTTCue[];
  language: string | null;
  style: SubtitleStyle;
  /** Shows a sample while no cue is due, so that the viewer sees the effect of the style. */
  showsSample: boolean;
  video: RefObject<HTMLVideoElement | null>;
  /** The height of the controls at the bottom of the player, in pixels; 0 while they are hidden. */
  controlsHeight: number;
}

export const SubtitleOverlay = memo(function SubtitleOverlay({
  cues,
  language,
  style,
  showsSample,
  video,
  controlsHeight,
}: SubtitleOverlayProps) {
  const { t, language: pageLanguage } = useLanguage();
  const root = useRef<HTMLDivElement>(null);
  const safeArea = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(root);
  const [, onVideoResized] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    const { current } = video;
    current?.addEventListener("resize", onVideoResized);
    return () => current?.removeEventListener("resize", onVideoResized);
  }, [video]);

  // Each cue's height depends on its text and width, so the cues are placed after the browser has laid them out.
  useLayoutEffect(() => {
    const { videoWidth = 0, videoHeight = 0 } = video.current ?? {};
    const frame = frameBox({ width, height }, { width: videoWidth, height: videoHeight });
    if (root.current && safeArea.current) {
      root.current.style.fontSize = `${fontSize(frame, style.size)}px`;
      const safe = safeBox(frame, safeArea.current, height - controlsHeight);
      place(root.current, safe, frame, cues, style.position);
    }
  });

  return (
    <div
      ref={root}
      data-subtitles={cues.length > 0 ? "shown" : "none"}
      lang={language ?? undefined}
      style={{ color: COLOUR_CODES[style.colour] }}
      className="subtitles pointer-events-none absolute inset-0 overflow-hidden"
    >
      <div ref={safeArea} className="subtitle-safe-area" />
      {cues.map((cue) => (
        <Cue key={cue.id} cue={cue} />
      ))}
      {cues.length === 0 && showsSample && (
        <div data-cue="sample" className="subtitle-cue" lang={pageLanguage}>
          <span>{t.player.subtitleSample}</span>
        </div>
      )}
    </div>
  );
});

function Cue({ cue }: { cue: VTTCue }) {
  const text = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    text.current?.replaceChildren(cueContent(cue));
  }, [cue]);
  return (
    <div data-cue={cue.id} className="subtitle-cue" dir="auto">
      <span ref={text} />
    </div>
  );
}

/** The cue as elements. Its class names would match the page's own style sheet, and titles would be tooltips. */
function cueContent(cue: VTTCue): DocumentFragment {
  const content = cue.getCueAsHTML();
  for (const element of content.querySelectorAll("[class], [title]")) {
    element.removeAttribute("class");
    element.removeAttribute("title");
  }
  return content;
}

/** In proportion to the frame, but readable on a phone; narrow frames have short lines. */
function fontSize({ left, top, right, bottom }: Box, size: SubtitleSize): number {
  const base = Math.max(14, Math.min((bottom - top) * 0.055, (right - left) * 0.05));
  return Math.round(base * (SIZE_PERCENT[size] / 100) * 10) / 10;
}

/** The part of the frame where text may be: not at its edge, not behind a notch, not behind the controls. */
function safeBox(frame: Box, safeArea: HTMLElement, controlsTop: number): Box {
  const marginX = (frame.right - frame.left) * 0.03;
  const marginY = (frame.bottom - frame.top) * 0.04;
  const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = safeArea;
  return {
    left: Math.max(frame.left + marginX, offsetLeft),
    top: Math.max(frame.top + marginY, offsetTop),
    right: Math.min(frame.right - marginX, offsetLeft + offsetWidth),
    bottom: Math.min(frame.bottom - marginY, offsetTop + offsetHeight, controlsTop),
  };
}

function place(
  root: HTMLElement,
  safe: Box,
  frame: Box,
  cues: readonly VTTCue[],
  position: SubtitlePosition,
): void {
  const elements = [...root.querySelectorAll<HTMLElement>("[data-cue]")];
  const columns = elements.map((element, index) => {
    const settings = settingsAt(cues[index] ?? DEFAULT_SETTINGS, position);
    const isRtl = getComputedStyle(element).direction === "rtl";
    const { left, width } = cueColumn(settings, isRtl, frame, safe);
    Object.assign(element.style, { left: `${left}px`, width: `${width}px`, textAlign: settings.align });
    return { element, settings, isRtl };
  });
  const measured: MeasuredCue[] = columns.map(({ element, settings, isRtl }) => ({
    settings,
    isRtl,
    height: element.offsetHeight,
    lineHeight: Number.parseFloat(getComputedStyle(element).lineHeight),
  }));
  cueTops(measured, frame, safe).forEach((top, index) => {
    const element = elements[index];
    if (element) {
      element.style.top = `${top}px`;
    }
  });
}
