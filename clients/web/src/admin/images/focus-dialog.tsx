/** Sets the point of an image that stays in sight where pages cut it, by clicking, dragging or with the arrow keys. */
import type { Image } from "@nang/api-client";
import { type PointerEvent, useState } from "react";
import { CatalogueImage, imageUrl } from "../../catalogue/catalogue-image";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CENTRE, type Focus, focusAt, movedByKey } from "./focus";

/** Shapes in which pages show images: a wide screen, a card, a portrait. */
const SHAPES = ["aspect-[3/1] w-36", "aspect-square w-20", "aspect-[1/2] w-12"];

interface FocusDialogProps {
  image: Image;
  name: string;
  onClose(): void;
  /** Null: the centre, or what the place prefers. */
  onChosen(focus: Focus | null): void;
}

export function FocusDialog({ image, name, onClose, onChosen }: FocusDialogProps) {
  const { t } = useEditorLanguage();
  const [chosen, setChosen] = useState<Focus | null>(image.focus);
  const focus = chosen ?? CENTRE;
  const followPointer = (event: PointerEvent<HTMLElement>) =>
    setChosen(focusAt(event.currentTarget.getBoundingClientRect(), event.clientX, event.clientY));
  return (
    <Dialog title={t.images.focusOf(name)} closeLabel={t.player.close} onClose={onClose}>
      <div className="space-y-4">
        <p className="text-sm text-soft">{t.images.focusHint}</p>
        <div className="flex justify-center">
          <div
            role="img"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the point, as in the dialog of the crop
            tabIndex={0}
            aria-label={t.images.focusArea(Math.round(focus.x * 100), Math.round(focus.y * 100))}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              followPointer(event);
            }}
            onPointerMove={(event) =>
              event.currentTarget.hasPointerCapture(event.pointerId) && followPointer(event)
            }
            onKeyDown={(event) => {
              const moved = movedByKey(focus, event.key, event.shiftKey);
              if (moved) {
                event.preventDefault();
                setChosen(moved);
              }
            }}
            className="relative cursor-crosshair touch-none rounded-lg"
          >
            <img
              src={imageUrl(image, 960)}
              width={image.width}
              height={image.height}
              alt=""
              draggable={false}
              className="h-auto max-h-[45dvh] w-auto max-w-full rounded-lg"
            />
            <span
              aria-hidden="true"
              style={{ left: `${focus.x * 100}%`, top: `${focus.y * 100}%` }}
              className="pointer-events-none absolute size-8 -translate-1/2 rounded-full border-2 border-white shadow-[0_0_0_2px_#000,inset_0_0_0_2px_#000]"
            />
          </div>
        </div>
        <div aria-hidden="true" className="flex flex-wrap items-end justify-center gap-3">
          {SHAPES.map((shape) => (
            <CatalogueImage
              key={shape}
              image={{ ...image, focus: chosen }}
              sizes="9rem"
              className={`rounded-lg object-cover ${shape}`}
            />
          ))}
        </div>
        <div className="flex flex-wrap gap-3">
          <Button kind="primary" onClick={() => onChosen(chosen)}>
            {t.images.focusUse}
          </Button>
          <Button disabled={chosen === null} onClick={() => setChosen(null)}>
            {t.images.focusReset}
          </Button>
          <Button onClick={onClose}>{t.film.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}
