/** What the film shows at the place on the seek bar that is pointed at. */
import { useEffect, useState } from "react";
import { type Storyboard, type Tile, tileAt } from "./storyboard";

interface StoryboardPictureProps {
  storyboard: Storyboard;
  seconds: number;
}

/** A sheet is asked for when the pointer has stayed on it for as long; one swept over costs a poor link nothing. */
const STAY_MS = 120;

export function StoryboardPicture({ storyboard, seconds }: StoryboardPictureProps) {
  const tile = tileAt(useTiles(storyboard), seconds);
  const address = useSheet(storyboard, tile?.sheet ?? null);
  if (!tile) {
    return null;
  }
  const { columns, rows, tile_width, tile_height } = storyboard.layout;
  const pixels = (...lengths: number[]) =>
    lengths.map((length) => `${length * storyboard.scale}px`).join(" ");
  return (
    <span
      data-storyboard={address === null ? "waiting" : "shown"}
      className="block overflow-hidden rounded-md bg-stage shadow-lg ring-1 ring-white/25"
      style={{
        width: pixels(tile.width),
        height: pixels(tile.height),
        backgroundImage: address === null ? "none" : `url(${JSON.stringify(address)})`,
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
      () => undefined, // The time alone is shown.
    );
    return () => {
      wanted = false;
    };
  }, [storyboard]);
  return tiles;
}

/** Where the sheet is, once it is there. */
function useSheet(storyboard: Storyboard, sheet: string | null): string | null {
  const [loaded, setLoaded] = useState<{ sheet: string; address: string } | null>(null);
  useEffect(() => {
    if (sheet === null) {
      return;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      storyboard.load(sheet).then(
        (address) => wanted && setLoaded({ sheet, address }),
        () => undefined, // An empty frame is shown.
      );
    }, STAY_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [storyboard, sheet]);
  return loaded?.sheet === sheet ? loaded.address : null;
}
