/** Chooses the part of a image that pages show, by dragging, with the keys, or with the sliders. */
import { type PointerEvent, useEffect, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { InlineError, Working } from "../../ui/notice";
import { type Choice, cutOf, dragged, outputSize, WHOLE } from "./crop";
import type { Frame } from "./image-kinds";

const MAX_ZOOM = 4;
/** The part of the cut by which an arrow key moves it. */
const KEY_STEP = 0.05;
const JPEG_QUALITY = 0.92;

interface CropDialogProps {
  image: Blob;
  frame: Frame;
  onClose(): void;
  onCropped(image: Blob): void;
}

export function CropDialog({ image, frame, onClose, onCropped }: CropDialogProps) {
  const { t } = useEditorLanguage();
  const [bitmap, setBitmap] = useState<ImageBitmap | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [choice, setChoice] = useState<Choice>(WHOLE);
  const canvas = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    let isClosed = false;
    createImageBitmap(image).then(
      (decoded) => (isClosed ? decoded.close() : setBitmap(decoded)),
      () => setError(t.images.unreadable),
    );
    return () => {
      isClosed = true;
    };
  }, [image, t]);

  const cut = bitmap && cutOf(bitmap, frame.ratio, choice);
  useEffect(() => {
    if (bitmap && cut && canvas.current) {
      const size = outputSize(cut, 960);
      canvas.current.width = size.width;
      canvas.current.height = size.height;
      draw(canvas.current, bitmap, cut);
    }
  });

  const move = (byX: number, byY: number) =>
    bitmap && setChoice((before) => dragged(bitmap, frame.ratio, before, byX, byY));
  const onPointerMove = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) {
      const { clientWidth, clientHeight } = event.currentTarget;
      move(event.movementX / clientWidth, event.movementY / clientHeight);
    }
  };
  const send = async () => {
    if (!bitmap || !cut) {
      return;
    }
    const { width, height } = outputSize(cut, frame.maxWidth);
    const output = Object.assign(document.createElement("canvas"), { width, height });
    draw(output, bitmap, cut);
    const blob = await new Promise<Blob | null>((resolve) =>
      output.toBlob(resolve, "image/jpeg", JPEG_QUALITY),
    );
    if (blob) {
      onCropped(blob);
    } else {
      setError(t.images.unreadable);
    }
  };
  const isSmall = cut !== null && cut.width < frame.minWidth;
  return (
    <Dialog title={t.images.crop} closeLabel={t.player.close} onClose={onClose}>
      <div className="space-y-4">
        <p className="text-sm text-soft">{t.images.cropHint}</p>
        {!bitmap && !error && <Working label={t.player.loading} />}
        <InlineError error={error} />
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={t.images.cropArea}
          hidden={!bitmap}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={onPointerMove}
          onKeyDown={(event) => {
            const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
              event.key
            ];
            if (step) {
              event.preventDefault();
              move((step[0] ?? 0) * KEY_STEP, (step[1] ?? 0) * KEY_STEP);
            }
          }}
          className="mx-auto max-h-[50dvh] max-w-full cursor-move touch-none rounded-lg"
        />
        {bitmap && (
          <label className="block text-sm text-soft">
            {t.images.zoom}
            <input
              type="range"
              min={1}
              max={MAX_ZOOM}
              step={0.01}
              value={choice.zoom}
              onChange={(event) => setChoice({ ...choice, zoom: Number(event.currentTarget.value) })}
              className="block w-full accent-lamp"
            />
          </label>
        )}
        {isSmall && (
          <p role="status" className="text-sm text-accent">
            {t.images.small(Math.round(cut.width), frame.minWidth)}
          </p>
        )}
        <div className="flex flex-wrap gap-3">
          <Button kind="primary" disabled={!bitmap} onClick={() => void send()}>
            {t.images.use}
          </Button>
          <Button onClick={onClose}>{t.film.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  bitmap: ImageBitmap,
  { x, y, width, height }: ReturnType<typeof cutOf>,
): void {
  const context = canvas.getContext("2d");
  if (context) {
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, x, y, width, height, 0, 0, canvas.width, canvas.height);
  }
}
