/**
 * Takes the first answers of the API from the page, in which the server wrote them (`nang/src/pages/content.rs`). Each is used once, by the
 * first request for it: later ones may have another answer.
 */
let early: Map<string, unknown> | undefined;

function answers(): Map<string, unknown> {
  if (early === undefined) {
    const text = globalThis.document?.getElementById("early")?.textContent;
    early = new Map(Object.entries(text ? (JSON.parse(text) as object) : {}));
  }
  return early;
}

/** Whether the page brought what it shows first, and it has not been used. */
export function hasEarlyAnswers(): boolean {
  return answers().size > 0;
}

/** After the first page: what it did not use may be wrong later, and is not for the viewer who has logged in. */
export function forgetEarlyAnswers(): void {
  answers().clear();
}

export async function earlyFetch(url: string, init: RequestInit): Promise<Response> {
  const answer = answers().get(url);
  answers().delete(url);
  // The answer is that for a visitor without an account.
  const isPlain = (init.method ?? "GET") === "GET" && !new Headers(init.headers).has("Authorization");
  if (answer === undefined || !isPlain) {
    return fetch(url, init);
  }
  // Not `Response.json`: Safari 16 and Firefox before 115 do not have it.
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
}
