/**
 * How wide images are on the page, as in the `sizes` attribute. An image that `early.js` loads must have the same in the application, or the
 * browser would load it in two widths.
 */
export const IMAGE_SIZES = {
  /** The featured film's backdrop. */
  featured: "100vw",
  /** The backdrop in the place of the player. */
  screen: "(min-width: 220rem) 119rem, (min-width: 160rem) 85rem, (min-width: 76rem) 68rem, 100vw",
  /** Posters in a grid. */
  grid: "(min-width: 220rem) 21rem, (min-width: 160rem) 15rem, (min-width: 80rem) 12rem, (min-width: 64rem) 18vw, (min-width: 48rem) 23vw, (min-width: 26rem) 30vw, 45vw",
  /**
   * Posters in a row that scrolls sideways. On phones they are 38vw wide: an eighth less than sharp on most of them saves a third of the
   * bytes of a home page.
   */
  row: "(min-width: 220rem) 19rem, (min-width: 160rem) 14rem, (min-width: 64rem) 11rem, (min-width: 40rem) 9.5rem, 33vw",
  /** The poster of a film that was found. */
  found: "5rem",
} as const;
