/**
 * The boxes and images of the first screen that `early.js` shows before the application runs, which then shows the same in the same places.
 * The build gives them to it (`shell-plugin.ts`).
 */
import { IMAGE_SIZES } from "./image-sizes.ts";

/** The featured film of the home page: the same height with and without text, so that nothing below moves. */
export const FEATURED_FRAME =
  "relative flex h-[min(30rem,78dvh)] flex-col justify-end overflow-hidden sm:h-[min(38rem,72dvh)]";
export const FEATURED_IMAGE = "absolute inset-0 size-full object-cover object-[50%_25%]";

/** The page of a film, and the box of its player. */
export const FILM_PAGE = "mx-auto w-full max-w-6xl sm:px-8";
export const FILM_FRAME =
  "frame-box relative flex w-full items-center justify-center overflow-hidden select-none sm:rounded-2xl";
export const FILM_IMAGE = "absolute inset-0 size-full object-cover";

/** Posters in a grid. */
export const GRID =
  "grid grid-cols-2 gap-x-3 gap-y-6 xs:grid-cols-3 sm:gap-x-5 md:grid-cols-4 lg:grid-cols-5 xl:grid-cols-6";
export const POSTER_FRAME = "@container relative block aspect-2/3 overflow-hidden rounded-xl bg-raised";
export const POSTER_IMAGE = "size-full object-cover";

/** `boxes`: one in the other, from the outside; `cell`: the box of each image in the innermost, if there may be several. */
export const FIRST_SCREEN = {
  featured: { sizes: IMAGE_SIZES.featured, boxes: [`${FEATURED_FRAME} bg-stage`], image: FEATURED_IMAGE },
  screen: { sizes: IMAGE_SIZES.screen, boxes: [FILM_PAGE, `${FILM_FRAME} bg-stage`], image: FILM_IMAGE },
  grid: {
    sizes: IMAGE_SIZES.grid,
    // Only the first row: the place of the others depends on the texts below it. Above it are the heading and the filters; those of wide
    // screens have several heights, so there the images are only loaded.
    boxes: ["page-width md:hidden", `${GRID} mt-38 auto-rows-[0] grid-rows-[auto] gap-y-0! overflow-hidden`],
    cell: POSTER_FRAME,
    image: POSTER_IMAGE,
  },
  found: {
    sizes: IMAGE_SIZES.found,
    // Below the heading, the search box and the name of the group, which on wide screens have other heights.
    boxes: ["page-width md:hidden", "mt-42 pl-2"],
    cell: `${POSTER_FRAME} mb-6 w-20`,
    image: POSTER_IMAGE,
  },
} as const;
