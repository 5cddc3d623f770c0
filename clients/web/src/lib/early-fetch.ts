/** Uses the responses that `early.js` asked for before this code was loaded. Each is used once, by the first request for it. */
interface EarlyWindow {
  /** By address. */
  nangEarly?: Map<string, Promise<Response>>;
}

export async function earlyFetch(url: string, init: RequestInit): Promise<Response> {
  const early = (globalThis as typeof globalThis & EarlyWindow).nangEarly;
  const response = early?.get(url);
  early?.delete(url);
  const isPlain = (init.method ?? "GET") === "GET" && !new Headers(init.headers).has("Authorization");
  if (response === undefined || !isPlain) {
    return fetch(url, init);
  }
  try {
    return await response;
  } catch {
    return fetch(url, init); // The connection may be back.
  }
}
