/** The changes of an audit entry as texts: `[before, after]` of a changed field, or the value of a created one. */

export interface ChangedValue {
  field: string;
  before: string | null;
  after: string | null;
}

export function changedValues(action: string, changes: object): ChangedValue[] {
  const fields: [string, unknown][] = Object.entries(changes);
  // What was created or deleted is recorded whole, and a list of two values in it is no pair.
  const isWhole = /\.(create|delete|add|upload)$/.test(action);
  return fields.map(([field, value]) =>
    !isWhole && Array.isArray(value) && value.length === 2
      ? { field, before: textOf(value[0]), after: textOf(value[1]) }
      : { field, before: null, after: textOf(value) },
  );
}

/** A text as it is, a record line by line, anything else as JSON. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined || value === "") {
    return null;
  }
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "object" && !Array.isArray(value)) {
    const lines = Object.entries(value).map(([name, part]) => `${name}: ${textOf(part) ?? "–"}`);
    return lines.length === 0 ? null : lines.join("\n");
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? null : value.map((part) => textOf(part) ?? "–").join(", ");
  }
  return String(value);
}
