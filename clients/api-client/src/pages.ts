/**
 * A list that is read page by page (keyset cursors), as an async iterator.
 *
 * If a page cannot be fetched, `next()` rejects and keeps its position: the next call fetches the same page again.
 */
import type { Page } from "./routes";

export class Pages<T> implements AsyncIterableIterator<Page<T>, undefined, undefined> {
  readonly #load: (cursor: string | null) => Promise<Page<T>>;
  #cursor: string | null = null;
  #isDone = false;

  constructor(load: (cursor: string | null) => Promise<Page<T>>) {
    this.#load = load;
  }

  async next(): Promise<IteratorResult<Page<T>, undefined>> {
    if (this.#isDone) {
      return { done: true, value: undefined };
    }
    const page = await this.#load(this.#cursor);
    this.#cursor = page.next_cursor;
    this.#isDone = page.next_cursor === null;
    return { done: false, value: page };
  }

  /** The items of all pages, one by one. Fetches a page when the first of its items is needed. */
  async *items(): AsyncGenerator<T, void, undefined> {
    for await (const page of this) {
      yield* page.items;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
