/** Keeps the screen on while a film plays. */
import { useEffect } from "react";

export function useWakeLock(isPlaying: boolean): void {
  useEffect(() => {
    // The interface is missing on plain-HTTP sites and in older browsers.
    if (!isPlaying || !("wakeLock" in navigator)) {
      return;
    }
    let lock: WakeLockSentinel | null = null;
    let isWanted = true;
    const request = async () => {
      if (document.visibilityState === "visible" && (lock === null || lock.released)) {
        lock = await navigator.wakeLock.request("screen");
        if (!isWanted) {
          await lock.release();
        }
      }
    };
    // A device with little battery refuses. The browser releases the lock when the page is hidden.
    const requestQuietly = () => void request().catch(() => undefined);
    requestQuietly();
    document.addEventListener("visibilitychange", requestQuietly);
    return () => {
      isWanted = false;
      document.removeEventListener("visibilitychange", requestQuietly);
      void lock?.release().catch(() => undefined);
    };
  }, [isPlaying]);
}
