/** Events of the page that playback depends on: hidden, left, visible again, online again. */
export interface PageSignals {
  /** The page is hidden. The browser may close it without another event. */
  onHide(): void;
  /** The page is closed or left. The browser may restore it unchanged (back/forward cache). */
  onLeave(): void;
  onReturn(): void;
  onOnline(): void;
}

export function listenToPage(signals: PageSignals, signal: AbortSignal): void {
  globalThis.addEventListener("pagehide", () => signals.onLeave(), { signal });
  globalThis.addEventListener("online", () => signals.onOnline(), { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "hidden") {
        signals.onHide();
      } else {
        signals.onReturn();
      }
    },
    { signal },
  );
}
