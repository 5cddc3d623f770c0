/** The query of an address, as plain text: `?q=2001&sort=year`. The router's own form would quote texts that look like numbers. */

export function parseSearch(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query));
}

/** Omits values that are undefined or empty. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") {
      parameters.set(name, String(value));
    }
  }
  const query = parameters.toString();
  return query === "" ? "" : `?${query}`;
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function wholeNumber(value: unknown): number | undefined {
  const number = Number(value);
  return value !== "" && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

export function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | undefined {
  return allowed.find((candidate) => candidate === value);
}
