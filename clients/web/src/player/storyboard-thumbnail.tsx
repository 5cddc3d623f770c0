/** The thumbnail for the position on the seek bar under the pointer. */
import { useEffect, useState } from "react";
import { type Storyboard, type Tile, tileAt } from "./storyboard";

interface StoryboardThumbnailProps {
  storyboard: Storyboard;
  seconds: number;
}

/** A sheet is loaded after the pointer has stayed on it this long, so that moving across the bar loads nothing. */
const HOVER_DELAY_MS = 120;

export function StoryboardThumbnail({ storyboard, seconds }: StoryboardThumbnailProps) {
  const tile = tileAt(useTiles(storyboard), seconds);
  const url = useSheet(storyboard, tile?.sheet ?? null);
  if (!tile) {
    return null;
  }
  const { columns, rows, tile_width, tile_height } = storyboard.layout;
  const pixels = (...lengths: number[]) =>
    lengths.map((length) => `${length * storyboard.scale}px`).join(" ");
  return (
    <span
      data-storyboard={url === null ? "waiting" : "shown"}
      className="block overflow-hidden rounded-md bg-stage shadow-lg ring-1 ring-white/25"
      style={{
        width: pixels(tile.width),
        height: pixels(tile.height),
        backgroundImage: url === null ? "none" : `url(${JSON.stringify(url)})`,
        backgroundPosition: pixels(-tile.x, -tile.y),
        backgroundSize: pixels(columns * tile_width, rows * tile_height),
      }}
    />
  );
}

function useTiles(storyboard: Storyboard): Tile[] {
  const [tiles, setTiles] = useState<Tile[]>([]);
  useEffect(() => {
    let wanted = true;
    storyboard.tiles().then(
      (found) => wanted && setTiles(found),
      () => undefined, // Without an index only the time is shown.
    );
    return () => {
      wanted = false;
    };
  }, [storyboard]);
  return tiles;
}

/** The URL of the sheet once it is loaded. */
function useSheet(storyboard: Storyboard, sheet: string | null): string | null {
  const [loaded, setLoaded] = useState<{ sheet: string; url: string } | null>(null);
  useEffect(() => {
    if (sheet === null) {
      return;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      storyboard.load(sheet).then(
        (url) => wanted && setLoaded({ sheet, url }),
        () => undefined, // Without its sheet the thumbnail stays empty.
      );
    }, HOVER_DELAY_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [storyboard, sheet]);
  return loaded?.sheet === sheet ? loaded.url : null;
}
