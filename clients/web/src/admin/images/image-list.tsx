/** The images of one kind in their order. The first one is the one that pages show. */
import type { Image } from "@nang/api-client";
import { useState } from "react";
import { CatalogueImage } from "../../catalogue/catalogue-image";
import { useEditorLanguage } from "../../i18n/editor";
import { Button, ConfirmButton } from "../../ui/button";
import { Sortable } from "../../ui/sortable";
import type { Focus } from "./focus";
import { FocusDialog } from "./focus-dialog";
import type { ImageKind } from "./image-kinds";

interface ImageListProps {
  kind: ImageKind;
  images: readonly Image[];
  working: boolean;
  onSort(sorted: readonly Image[]): void;
  onRemove(image: Image): void;
  onFocus(image: Image, focus: Focus | null): void;
}

export function ImageList({ kind, images, working, onSort, onRemove, onFocus }: ImageListProps) {
  const { t } = useEditorLanguage();
  const [openedId, setOpenedId] = useState<string | null>(null);
  const opened = images.find(({ id }) => id === openedId);
  const nameOf = (image: Image) => t.images.nameOf[kind](images.indexOf(image) + 1);
  return (
    <>
      <Sortable
        items={images}
        keyOf={({ id }) => id}
        nameOf={nameOf}
        upLabel={t.catalogue.up}
        downLabel={t.catalogue.down}
        disabled={working}
        onSort={onSort}
      >
        {(image, index) => (
          <div className="flex flex-wrap items-center gap-4">
            <CatalogueImage
              image={image}
              sizes="10rem"
              alt={nameOf(image)}
              className={`rounded-lg object-cover ${kind === "poster" || kind === "portrait" ? "h-36 w-24" : "h-24 w-40"}`}
            />
            <p className="min-w-32 flex-1 text-sm text-muted tabular-nums">
              {index === 0 && <span className="block font-semibold text-leaf">{t.images.shownFirst}</span>}
              {image.width}×{image.height}
            </p>
            <Button
              aria-label={t.images.focusOf(nameOf(image))}
              disabled={working}
              onClick={() => setOpenedId(image.id)}
            >
              {t.images.focus}
            </Button>
            <ConfirmButton
              label={t.catalogue.remove}
              name={t.catalogue.removeOf(nameOf(image))}
              question={t.images.removeSure}
              yes={t.catalogue.remove}
              no={t.catalogue.cancel}
              disabled={working}
              onConfirm={() => onRemove(image)}
            />
          </div>
        )}
      </Sortable>
      {opened && (
        <FocusDialog
          image={opened}
          name={nameOf(opened)}
          onClose={() => setOpenedId(null)}
          onChosen={(focus) => {
            setOpenedId(null);
            onFocus(opened, focus);
          }}
        />
      )}
    </>
  );
}
