/**
 * The film's small pictures for the seek bar: an index in WebVTT, and sheets with a grid of pictures each.
 *
 * Nothing is asked for before somebody looks, and then only the index and the sheet that is looked at. What was asked for
 * is kept; what failed is asked for again at the next look.
 */
import type { Stream } from "@nang/api-client";

/** Pixels of height that a picture may have above the bar of the smallest screen. */
const MOST_HEIGHT = 112;

type Layout = NonNullable<Stream["storyboard"]>;

/** One picture: which part of which sheet is shown from when. */
export interface Tile {
  readonly startSeconds: number;
  /** The sheet's address, under the token the index had. */
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
    /** The address to really ask for: tokens are renewed. */
    private readonly currentAddress: (address: string) => string,
  ) {}

  /** Screen pixels for one of a sheet. */
  get scale(): number {
    return Math.min(1, MOST_HEIGHT / this.layout.tile_height);
  }

  /** Width of a picture on the screen. */
  get shownWidth(): number {
    return this.layout.tile_width * this.scale;
  }

  /** All pictures in the film's order. */
  tiles(): Promise<Tile[]> {
    this.#tiles ??= this.#fetchIndex().catch((error: unknown) => {
      this.#tiles = null;
      throw error;
    });
    return this.#tiles;
  }

  /** Gives the address under which a sheet has been loaded. */
  load(sheet: string): Promise<string> {
    const known = this.#sheets.get(sheet);
    if (known) {
      return known;
    }
    const loading = loadImage(this.currentAddress(sheet));
    this.#sheets.set(sheet, loading);
    loading.catch(() => this.#sheets.delete(sheet));
    return loading;
  }

  async #fetchIndex(): Promise<Tile[]> {
    const address = new URL(this.layout.url, globalThis.location.href).href;
    const answer = await fetch(this.currentAddress(address));
    if (!answer.ok) {
      throw new Error(`The storyboard's index was answered with ${answer.status}`);
    }
    return parseIndex(await answer.text(), address);
  }
}

const CUE = /^((?:\d+:)?\d\d:\d\d\.\d\d\d) --> \S+.*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

/** Reads an index; `address` is its own, to which those of its sheets are relative. */
export function parseIndex(text: string, address: string): Tile[] {
  return Array.from(text.replaceAll("\r\n", "\n").matchAll(CUE), ([, start = "", sheet = "", ...numbers]) => {
    const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number);
    return { startSeconds: seconds(start), sheet: new URL(sheet, address).href, x, y, width, height };
  });
}

/** The picture that is shown at a time; the last one begun. */
export function tileAt(tiles: readonly Tile[], time: number): Tile | null {
  return tiles.findLast((tile) => tile.startSeconds <= time) ?? tiles[0] ?? null;
}

/** `1:02:03.500` or `02:03.500` */
function seconds(timestamp: string): number {
  return timestamp.split(":").reduce((total, part) => total * 60 + Number(part), 0);
}

function loadImage(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(address);
    image.onerror = () => reject(new Error("A sheet of the storyboard could not be loaded"));
    image.src = address;
  });
}
