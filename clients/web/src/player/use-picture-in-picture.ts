/** The film in a small window above other windows, where the browser can do that. */
import { type RefObject, useCallback, useEffect, useState } from "react";

interface SafariVideo extends HTMLVideoElement {
  webkitSupportsPresentationMode?(mode: string): boolean;
  webkitSetPresentationMode?(mode: string): void;
  webkitPresentationMode?: string;
}

export interface PictureInPicture {
  isAvailable: boolean;
  isOn: boolean;
  toggle(): void;
}

export function usePictureInPicture(video: RefObject<HTMLVideoElement | null>): PictureInPicture {
  const [isOn, setOn] = useState(false);
  const [isAvailable, setAvailable] = useState(false);

  useEffect(() => {
    const element = video.current as SafariVideo | null;
    if (!element) {
      return;
    }
    setAvailable(
      document.pictureInPictureEnabled === true ||
        element.webkitSupportsPresentationMode?.("picture-in-picture") === true,
    );
    const update = () => setOn(isShownOutside(element));
    const events = ["enterpictureinpicture", "leavepictureinpicture", "webkitpresentationmodechanged"];
    for (const name of events) {
      element.addEventListener(name, update);
    }
    return () => {
      for (const name of events) {
        element.removeEventListener(name, update);
      }
    };
  }, [video]);

  const toggle = useCallback(() => {
    const element = video.current as SafariVideo | null;
    if (!element) {
      return;
    }
    if (element.webkitSetPresentationMode && !element.requestPictureInPicture) {
      element.webkitSetPresentationMode(isShownOutside(element) ? "inline" : "picture-in-picture");
      return;
    }
    // Refused before the first frame; the viewer may try again.
    const change = isShownOutside(element)
      ? document.exitPictureInPicture()
      : element.requestPictureInPicture();
    change.catch(() => undefined);
  }, [video]);

  return { isAvailable, isOn, toggle };
}

function isShownOutside(video: SafariVideo): boolean {
  return document.pictureInPictureElement === video || video.webkitPresentationMode === "picture-in-picture";
}
