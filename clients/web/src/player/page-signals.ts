/** What happens to the page around a film: left for a while or for good, come back to, connected again. */
export interface PageSignals {
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
        signals.onLeave();
      } else {
        signals.onReturn();
      }
    },
    { signal },
  );
}
