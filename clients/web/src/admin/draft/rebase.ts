/**
 * Merges an editor's unsaved changes with what other editors saved since. A draft is a flat record, so that each of its fields is
 * merged alone: a field that only one side changed takes that side's value, and one that both changed to different values is a conflict.
 */

export interface Rebased<D extends object> {
  /** The values to show: in a conflict the editor's own. */
  draft: D;
  /** The fields that both sides changed. */
  conflicts: (keyof D & string)[];
  /** The fields that took the value of the other side. */
  adopted: (keyof D & string)[];
}

export function rebase<D extends object>(base: D, mine: D, theirs: D): Rebased<D> {
  const draft = { ...mine };
  const conflicts: (keyof D & string)[] = [];
  const adopted: (keyof D & string)[] = [];
  for (const name of fieldsOf(theirs)) {
    if (isSame(base[name], theirs[name]) || isSame(mine[name], theirs[name])) {
      continue;
    }
    if (isSame(base[name], mine[name])) {
      draft[name] = theirs[name];
      adopted.push(name);
    } else {
      conflicts.push(name);
    }
  }
  return { draft, conflicts, adopted };
}

/** The fields of `draft` that differ from `base`. */
export function changedFields<D extends object>(base: D, draft: D): (keyof D & string)[] {
  return fieldsOf(draft).filter((name) => !isSame(base[name], draft[name]));
}

/** Values are JSON: texts, numbers, booleans, lists and records of these, always written in the same order. */
export function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function fieldsOf<D extends object>(draft: D): (keyof D & string)[] {
  return Object.keys(draft) as (keyof D & string)[];
}
