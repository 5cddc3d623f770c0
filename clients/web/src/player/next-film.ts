/** The film that the viewer chose to watch next. Its player starts by itself, once. */
let wanted: string | null = null;

export function playNext(filmId: string): void {
  wanted = filmId;
}

/** True if the viewer asked for this film. Asking again answers false. */
export function takeNext(filmId: string): boolean {
  const isWanted = wanted === filmId;
  wanted = null;
  return isWanted;
}
