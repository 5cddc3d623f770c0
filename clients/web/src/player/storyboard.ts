/**
 * The thumbnails for the seek bar: a WebVTT index, and sheets that contain a grid of thumbnails.
 *
 * Nothing is fetched before the viewer points at the seek bar, and then only the index and the sheet under the pointer.
 * What was fetched is kept; what failed is fetched again when it is needed next.
 */
import type { Stream } from "@nang/api-client";

/** The maximum height of a thumbnail in pixels, so that it fits above the seek bar on the smallest screen. */
const MAX_HEIGHT = 112;

type Layout = NonNullable<Stream["storyboard"]>;

/** One thumbnail: a part of a sheet, and the time from which it is shown. */
export interface Tile {
  readonly startSeconds: number;
  /** The sheet's URL, with the token that the index had. */
  readonly sheet: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Storyboard {
  #tiles: Promise<Tile[]> | null = null;
  readonly #sheets = new Map<string, Promise<string>>();

  constructor(
    readonly layout: Layout,
    /** Replaces the token of a URL with the newest one. */
    private readonly currentUrl: (url: string) => string,
  ) {}

  /** Screen pixels per pixel of a sheet. */
  get scale(): number {
    return Math.min(1, MAX_HEIGHT / this.layout.tile_height);
  }

  /** The width of a thumbnail on the screen. */
  get shownWidth(): number {
    return this.layout.tile_width * this.scale;
  }

  /** All thumbnails in the film's order. */
  tiles(): Promise<Tile[]> {
    this.#tiles ??= this.#fetchIndex().catch((error: unknown) => {
      this.#tiles = null;
      throw error;
    });
    return this.#tiles;
  }

  /** Loads a sheet and resolves to the URL it was loaded from. */
  load(sheet: string): Promise<string> {
    const known = this.#sheets.get(sheet);
    if (known) {
      return known;
    }
    const loading = loadImage(this.currentUrl(sheet));
    this.#sheets.set(sheet, loading);
    loading.catch(() => this.#sheets.delete(sheet));
    return loading;
  }

  async #fetchIndex(): Promise<Tile[]> {
    const url = new URL(this.layout.url, globalThis.location.href).href;
    const response = await fetch(this.currentUrl(url));
    if (!response.ok) {
      throw new Error(`Storyboard index: HTTP ${response.status}`);
    }
    return parseIndex(await response.text(), url);
  }
}

const CUE = /^((?:\d+:)?\d\d:\d\d\.\d\d\d) --> \S+.*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

/** Parses an index. The URLs of its sheets are relative to `indexUrl`. */
export function parseIndex(text: string, indexUrl: string): Tile[] {
  return Array.from(text.replaceAll("\r\n", "\n").matchAll(CUE), ([, start = "", sheet = "", ...numbers]) => {
    const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number);
    return { startSeconds: seconds(start), sheet: new URL(sheet, indexUrl).href, x, y, width, height };
  });
}

/** The thumbnail for a time: the last one that starts at or before it. */
export function tileAt(tiles: readonly Tile[], time: number): Tile | null {
  return tiles.findLast((tile) => tile.startSeconds <= time) ?? tiles[0] ?? null;
}

/** `1:02:03.500` or `02:03.500` */
function seconds(timestamp: string): number {
  return timestamp.split(":").reduce((total, part) => total * 60 + Number(part), 0);
}

function loadImage(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(url);
    image.onerror = () => reject(new Error("A storyboard sheet could not be loaded"));
    image.src = url;
  });
}
