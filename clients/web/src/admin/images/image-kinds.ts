/** The images that editors give a film, and the shape in which pages show each. */

export const IMAGE_KINDS = ["poster", "backdrop", "still"] as const;
export type FilmImageKind = (typeof IMAGE_KINDS)[number];

/** Also the portraits of people. */
export type ImageKind = FilmImageKind | "portrait";

export interface Frame {
  /** Width divided by height. */
  ratio: number;
  /** The widest image that pages use; wider cuts are reduced to it. */
  maxWidth: number;
  /** Narrower cuts look blurred on pages. */
  minWidth: number;
}

export const FRAME_OF: Record<ImageKind, Frame> = {
  poster: { ratio: 2 / 3, maxWidth: 2000, minWidth: 480 },
  backdrop: { ratio: 16 / 9, maxWidth: 3840, minWidth: 1280 },
  portrait: { ratio: 4 / 5, maxWidth: 1600, minWidth: 320 },
  still: { ratio: 16 / 9, maxWidth: 3840, minWidth: 960 },
};
