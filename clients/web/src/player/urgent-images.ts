/** The images that the page shows first: those that it loads before others. */

/** A link too poor for an image is not kept from the film for longer. */
const MAX_WAIT_MS = 3_000;

/** Resolves when they are loaded and painted, or have failed, or after a few seconds. */
export function urgentImages(): Promise<void> {
  const images = [...document.querySelectorAll<HTMLImageElement>("img[fetchpriority=high]")];
  const loaded = images
    .filter(({ complete }) => !complete)
    .map(
      (image) =>
        new Promise<void>((resolve) => {
          image.addEventListener("load", () => resolve(), { once: true });
          image.addEventListener("error", () => resolve(), { once: true });
        }),
    );
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, MAX_WAIT_MS));
  return Promise.race([Promise.all(loaded).then(nextPaint), timeout]);
}

/** Resolves after the next frame is on the screen; never in a hidden tab. */
function nextPaint(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}
