/** Full screen for the player with its controls, or for the video element only, where a phone allows nothing else. */
import { type RefObject, useCallback, useEffect, useState } from "react";

interface IosVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export function useFullscreen(
  container: RefObject<HTMLElement | null>,
  video: RefObject<HTMLVideoElement | null>,
): { isFullscreen: boolean; toggleFullscreen(): void } {
  const [isFullscreen, setIsFullscreen] = useState(false);

  useEffect(() => {
    const update = () =>
      setIsFullscreen(document.fullscreenElement === container.current && !!container.current);
    document.addEventListener("fullscreenchange", update);
    return () => document.removeEventListener("fullscreenchange", update);
  }, [container]);

  const toggleFullscreen = useCallback(() => {
    if (document.fullscreenElement) {
      void document.exitFullscreen();
    } else if (container.current?.requestFullscreen) {
      container.current.requestFullscreen().then(lockLandscape, () => undefined);
    } else {
      (video.current as IosVideo | null)?.webkitEnterFullscreen?.();
    }
  }, [container, video]);

  return { isFullscreen, toggleFullscreen };
}

/** Turns the film to landscape on phones. Other devices refuse the request; that is no error. */
function lockLandscape(): void {
  const orientation = screen.orientation as ScreenOrientation & { lock?: (to: string) => Promise<void> };
  orientation.lock?.("landscape").catch(() => undefined);
}
