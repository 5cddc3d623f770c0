/**
 * A list read page by page (keyset cursors), as an async iterator.
 *
 * A page that could not be fetched throws and loses nothing: `next()` asks for the same page again.
 */
import type { Page } from "./routes";

export class Pages<T> implements AsyncIterableIterator<Page<T>, undefined, undefined> {
  readonly #load: (cursor: string | null) => Promise<Page<T>>;
  #cursor: string | null = null;
  #isOver = false;

  constructor(load: (cursor: string | null) => Promise<Page<T>>) {
    this.#load = load;
  }

  async next(): Promise<IteratorResult<Page<T>, undefined>> {
    if (this.#isOver) {
      return { done: true, value: undefined };
    }
    const page = await this.#load(this.#cursor);
    this.#cursor = page.next_cursor;
    this.#isOver = page.next_cursor === null;
    return { done: false, value: page };
  }

  /** The items of all pages, one by one; pages are fetched as they are needed. */
  async *items(): AsyncGenerator<T, void, undefined> {
    for await (const page of this) {
      yield* page.items;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
