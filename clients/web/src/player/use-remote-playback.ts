/** The film on a television: AirPlay in Safari, Remote Playback in other browsers. Available only while there is such a device. */
import { type RefObject, useCallback, useEffect, useState } from "react";

interface AirPlayVideo extends HTMLVideoElement {
  webkitShowPlaybackTargetPicker?(): void;
}

export interface RemoteScreen {
  isAvailable: boolean;
  choose(): void;
}

export function useRemotePlayback(video: RefObject<HTMLVideoElement | null>): RemoteScreen {
  const [isAvailable, setAvailable] = useState(false);

  useEffect(() => {
    const element = video.current as AirPlayVideo | null;
    if (!element) {
      return;
    }
    if (element.webkitShowPlaybackTargetPicker) {
      const update = (event: Event) =>
        setAvailable((event as Event & { availability?: string }).availability === "available");
      element.addEventListener("webkitplaybacktargetavailabilitychanged", update);
      return () => element.removeEventListener("webkitplaybacktargetavailabilitychanged", update);
    }
    if (!element.remote) {
      return;
    }
    let watch: number | null = null;
    let isWanted = true;
    element.remote
      .watchAvailability((available) => isWanted && setAvailable(available))
      .then(
        (id) => {
          watch = id;
          if (!isWanted) {
            void element.remote.cancelWatchAvailability(id).catch(() => undefined);
          }
        },
        () => undefined, // This device cannot watch for others.
      );
    return () => {
      isWanted = false;
      if (watch !== null) {
        void element.remote.cancelWatchAvailability(watch).catch(() => undefined);
      }
    };
  }, [video]);

  const choose = useCallback(() => {
    const element = video.current as AirPlayVideo | null;
    if (element?.webkitShowPlaybackTargetPicker) {
      element.webkitShowPlaybackTargetPicker();
    } else {
      void element?.remote?.prompt().catch(() => undefined); // Closed without a choice.
    }
  }, [video]);

  return { isAvailable, choose };
}
