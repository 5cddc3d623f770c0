/** What happens to the page around a film: left for a while or for good, come back to, connected again. */
export interface PageSignals {
  /** Out of sight; it may be closed without another word. */
  onHide(): void;
  /** Closed or gone from; a browser may still bring it back as it was. */
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
