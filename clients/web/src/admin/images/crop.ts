/** The part of a picture that a crop keeps, from the place and size that the editor chose. */

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

/** In pixels of the picture, wholly inside it. */
export function cutOf(picture: Size, ratio: number, { zoom, centerX, centerY }: Choice): Cut {
  const isTooWide = picture.width / picture.height > ratio;
  const whole = isTooWide
    ? { width: picture.height * ratio, height: picture.height }
    : { width: picture.width, height: picture.width / ratio };
  const width = whole.width / Math.max(1, zoom);
  const height = whole.height / Math.max(1, zoom);
  return {
    x: within(centerX * picture.width - width / 2, picture.width - width),
    y: within(centerY * picture.height - height / 2, picture.height - height),
    width,
    height,
  };
}

/** The choice after the picture was dragged by a part of the shown cut's size. The centre stays where the cut does not leave the picture. */
export function dragged(picture: Size, ratio: number, choice: Choice, byX: number, byY: number): Choice {
  const { x, y, width, height } = cutOf(picture, ratio, choice);
  const left = within(x - byX * width, picture.width - width);
  const top = within(y - byY * height, picture.height - height);
  return {
    ...choice,
    centerX: (left + width / 2) / picture.width,
    centerY: (top + height / 2) / picture.height,
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
