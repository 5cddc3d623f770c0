/** Takes the frame that the preview shows as an image of the film. */
import { type RefObject, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { type FilmImageKind, IMAGE_KINDS } from "./image-kinds";

interface StillPickerProps {
  /** Contains the preview. */
  container: RefObject<HTMLElement | null>;
  onPick(kind: FilmImageKind, image: Blob): void;
}

export function StillPicker({ container, onPick }: StillPickerProps) {
  const { t } = useEditorLanguage();
  const [error, setError] = useState<string | null>(null);
  const pick = async (kind: FilmImageKind) => {
    const video = container.current?.querySelector("video");
    const frame = video ? await frameOf(video) : null;
    setError(frame ? null : t.images.noFrame);
    if (frame) {
      video?.pause();
      onPick(kind, frame);
    }
  };
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap gap-3">
        {IMAGE_KINDS.toReversed().map((kind) => (
          <Button key={kind} onClick={() => void pick(kind)}>
            {t.images.takeAs[kind]}
          </Button>
        ))}
      </div>
      <InlineError error={error} />
    </div>
  );
}

/** The current frame in the video's own size; null before the first frame. */
function frameOf(video: HTMLVideoElement): Promise<Blob | null> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
    return Promise.resolve(null);
  }
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")?.drawImage(video, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
