/** The part of a image that a crop keeps, from the place and size that the editor chose. */

export interface Size {
  width: number;
  height: number;
}

export interface Cut extends Size {
  x: number;
  y: number;
}

export interface Choice {
  /** 1 keeps as much as fits into the shape; 3 keeps a third of that in each direction. */
  zoom: number;
  /** The centre of what is kept, from 0 (left, top) to 1. */
  centerX: number;
  centerY: number;
}

export const WHOLE: Choice = { zoom: 1, centerX: 0.5, centerY: 0.5 };

/** In pixels of the image, wholly inside it. */
export function cutOf(image: Size, ratio: number, { zoom, centerX, centerY }: Choice): Cut {
  const isTooWide = image.width / image.height > ratio;
  const whole = isTooWide
    ? { width: image.height * ratio, height: image.height }
    : { width: image.width, height: image.width / ratio };
  const width = whole.width / Math.max(1, zoom);
  const height = whole.height / Math.max(1, zoom);
  return {
    x: within(centerX * image.width - width / 2, image.width - width),
    y: within(centerY * image.height - height / 2, image.height - height),
    width,
    height,
  };
}

/** The choice after the image was dragged by a part of the shown cut's size. The centre stays where the cut does not leave the image. */
export function dragged(image: Size, ratio: number, choice: Choice, byX: number, byY: number): Choice {
  const { x, y, width, height } = cutOf(image, ratio, choice);
  const left = within(x - byX * width, image.width - width);
  const top = within(y - byY * height, image.height - height);
  return {
    ...choice,
    centerX: (left + width / 2) / image.width,
    centerY: (top + height / 2) / image.height,
  };
}

/** The size in which the cut is sent: never larger than the cut itself. */
export function outputSize(cut: Size, maxWidth: number): Size {
  const width = Math.max(1, Math.round(Math.min(cut.width, maxWidth)));
  return { width, height: Math.max(1, Math.round((width * cut.height) / cut.width)) };
}

function within(value: number, max: number): number {
  return Math.min(Math.max(0, value), Math.max(0, max));
}
