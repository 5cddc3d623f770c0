/** The surface over the video that takes clicks and touches. All it does can also be done with the controls and with keys. */
import { type PointerEvent, useRef } from "react";
import { clockTime } from "../lib/format";
import type { Playback } from "./playback";
import { type Gesture, scrubSeconds, TouchGestures, type TouchPoint } from "./touch-gestures";

const STEP_SECONDS = 10;

interface VideoLayerProps {
  playback: Playback;
  isFullscreen: boolean;
  onFullscreen(): void;
  /** A tap shows or hides the controls. */
  onTap(): void;
  onFeedback(text: string): void;
}

export function VideoLayer({ playback, isFullscreen, onFullscreen, onTap, onFeedback }: VideoLayerProps) {
  const layer = useRef<HTMLDivElement>(null);
  const gestures = useRef<TouchGestures>(null);
  gestures.current ??= new TouchGestures(() => layer.current?.clientWidth ?? 0);
  const scrubFrom = useRef(0);

  const react = (gesture: Gesture | null) => {
    const { durationSeconds } = playback.getState();
    switch (gesture?.kind) {
      case "tap":
        onTap();
        break;
      case "repeated-tap": {
        if (gesture.side === "middle") {
          onTap();
          break;
        }
        const seconds = gesture.side === "left" ? -STEP_SECONDS : STEP_SECONDS;
        playback.seekBy(seconds);
        onFeedback(
          `${seconds < 0 ? "−" : "+"}${STEP_SECONDS} · ${clockTime(playback.getState().positionSeconds)}`,
        );
        break;
      }
      case "scrub":
      case "scrub-end": {
        const wanted = scrubFrom.current + scrubSeconds(gesture.fraction, durationSeconds);
        const target = Math.max(0, Math.min(durationSeconds, wanted));
        onFeedback(`${clockTime(target)} / ${clockTime(durationSeconds)}`);
        if (gesture.kind === "scrub-end") {
          playback.seekTo(target);
        }
        break;
      }
      case "swipe-down":
        if (isFullscreen) {
          onFullscreen();
        }
        break;
    }
  };
  const onTouch = (event: PointerEvent, handle: (point: TouchPoint) => Gesture | null | undefined) => {
    if (event.pointerType === "touch" && event.isPrimary) {
      const left = layer.current?.getBoundingClientRect().left ?? 0;
      react(handle({ x: event.clientX - left, y: event.clientY, atMs: event.timeStamp }) ?? null);
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a large additional play button; the control bar and the keyboard do the same
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      ref={layer}
      data-video-layer
      className={`absolute inset-0 ${isFullscreen ? "touch-none" : "touch-pan-y"}`}
      onClick={({ nativeEvent }) => {
        if ((nativeEvent as globalThis.PointerEvent).pointerType !== "touch") {
          playback.toggle();
        }
      }}
      onDoubleClick={({ nativeEvent }) => {
        if ((nativeEvent as globalThis.PointerEvent).pointerType !== "touch") {
          onFullscreen();
        }
      }}
      onPointerDown={(event) =>
        onTouch(event, (point) => {
          scrubFrom.current = playback.getState().positionSeconds;
          gestures.current?.down(point);
          return null;
        })
      }
      onPointerMove={(event) => onTouch(event, (point) => gestures.current?.move(point))}
      onPointerUp={(event) => onTouch(event, (point) => gestures.current?.up(point))}
      onPointerCancel={(event) => onTouch(event, () => gestures.current?.cancel())}
    />
  );
}
