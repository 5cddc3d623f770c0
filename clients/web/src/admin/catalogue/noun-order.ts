/** Puts the items of a noun in another order by giving new positions to those that need one. */
import type { Noun, NounItem } from "./noun";

/** Distance between two positions, so that a new item can be put between them. */
const STEP = 10;

/** The items whose position must change so that they are in this order, each with its new one. */
export function newPositions<Item>(
  sorted: readonly Item[],
  positionOf: (item: Item) => number,
): { item: Item; position: number }[] {
  const isInOrder = sorted.every(
    (item, index) => index === 0 || positionOf(sorted[index - 1] as Item) < positionOf(item),
  );
  return isInOrder
    ? []
    : sorted
        .map((item, index) => ({ item, position: (index + 1) * STEP }))
        .filter(({ item, position }) => positionOf(item) !== position);
}

export async function saveOrder<Item extends NounItem>(
  noun: Noun<Item>,
  sorted: readonly Item[],
): Promise<void> {
  for (const { item, position } of newPositions(sorted, (one) => noun.draftOf(one).position)) {
    await noun.update(item, { ...noun.draftOf(item), position });
  }
}
