/** Everything that an iterator of pages gives, for lists that are shown whole. `Array.fromAsync` is too new for the browsers of cheap phones. */
export async function allItems<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}
