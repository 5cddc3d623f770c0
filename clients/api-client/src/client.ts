/**
 * The typed client: paths, parameters and answers come from the server's OpenAPI file.
 *
 * Every call resolves to the body or throws an {@link ApiError}. A 401 is answered by one refresh and one repetition.
 */
import createFetchClient, { type Client } from "openapi-fetch";
import type { paths } from "./generated";
import { ApiError, isAbort } from "./problem";
import type { Session } from "./session";

export type ApiClient = Client<paths>;

export function createClient(session: Session): ApiClient {
  return createFetchClient<paths>({
    credentials: "same-origin",
    fetch: async (request) => {
      const response = await authorisedFetch(session, request);
      if (!response.ok) {
        throw await ApiError.fromResponse(response);
      }
      return response;
    },
  });
}

/** `fetch` with the session's bearer token, refreshed once if the server no longer takes it. */
export async function authorisedFetch(session: Session, request: Request): Promise<Response> {
  const repetition = request.clone();
  const token = await session.token();
  const response = await bearerFetch(request, token);
  if (response.status !== 401 || token === null || !(await session.refresh())) {
    return response;
  }
  return bearerFetch(repetition, await session.token());
}

async function bearerFetch(request: Request, token: string | null): Promise<Response> {
  if (token !== null) {
    request.headers.set("Authorization", `Bearer ${token}`);
  }
  try {
    return await fetch(request);
  } catch (cause) {
    throw isAbort(cause) ? cause : new ApiError(0, null, { cause });
  }
}

/** The body of an answer; the client has thrown already if there was an error instead. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) {
    throw new ApiError(0, { title: "The server's answer was empty" });
  }
  return data;
}
