/** The upload of one subtitle file: at most one request at a time, with its progress and the reason of a refusal. */
import { isAbort } from "@nang/api-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { session } from "../../session";
import { type SubtitleUpload, sendSubtitle } from "./subtitle-request";
import type { AcceptedSubtitle } from "./track-types";

export interface SubtitleSending {
  /** Null while nothing is sent. */
  sentBytes: number | null;
  error: unknown;
  send(upload: Omit<SubtitleUpload, "onProgress" | "signal">): void;
  cancel(): void;
  clearError(): void;
}

export function useSubtitleUpload(onAccepted: (accepted: AcceptedSubtitle) => void): SubtitleSending {
  const [state, setState] = useState<{ sentBytes: number | null; error: unknown }>({
    sentBytes: null,
    error: null,
  });
  const running = useRef<AbortController | null>(null);
  const accepted = useRef(onAccepted);
  accepted.current = onAccepted;

  useEffect(() => () => running.current?.abort(), []);

  const send = useCallback((upload: Omit<SubtitleUpload, "onProgress" | "signal">) => {
    if (running.current) {
      return;
    }
    const controller = new AbortController();
    running.current = controller;
    setState({ sentBytes: 0, error: null });
    const onProgress = (sentBytes: number) =>
      running.current === controller && setState({ sentBytes, error: null });
    sendSubtitle(session, { ...upload, onProgress, signal: controller.signal })
      .then(
        (response) => {
          setState({ sentBytes: null, error: null });
          accepted.current(response);
        },
        (error: unknown) => setState({ sentBytes: null, error: isAbort(error) ? null : error }),
      )
      .finally(() => {
        running.current = null;
      });
  }, []);

  const cancel = useCallback(() => running.current?.abort(), []);
  const clearError = useCallback(() => setState((current) => ({ ...current, error: null })), []);
  return { ...state, send, cancel, clearError };
}
