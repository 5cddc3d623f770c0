/** The browser's storage, or null if access is forbidden. */
export function storageOrNull(name: "sessionStorage" | "localStorage"): Storage | null {
  try {
    return globalThis[name];
  } catch {
    return null;
  }
}
