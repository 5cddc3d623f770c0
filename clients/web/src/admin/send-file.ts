/**
 * Requests with a file as their body, or with a file as the response. The typed client sends and receives only JSON, and `fetch` does
 * not report the progress of an upload, which takes long on slow links; XMLHttpRequest does.
 */
import { ApiError, parseProblem, type Session } from "@nang/api-client";

export interface FileRequest {
  method: "GET" | "POST" | "PUT";
  url: string;
  body?: Blob;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  onProgress?: (sentBytes: number) => void;
  signal?: AbortSignal;
}

/** Like the client, repeats the request once with another access token after a 401. Resolves to the body of the response. */
export async function sendFile(session: Session, options: FileRequest): Promise<string> {
  const token = await session.accessToken();
  try {
    return await send(options, token?.value ?? null);
  } catch (error) {
    const isRefused = error instanceof ApiError && error.status === 401;
    if (isRefused && token !== null && (await session.replace(token))) {
      return await send(options, await session.token());
    }
    throw error;
  }
}

function send(request: FileRequest, token: string | null): Promise<string> {
  const {
    method,
    url,
    body,
    contentType = "application/octet-stream",
    headers,
    onProgress,
    signal,
  } = request;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new DOMException("The request was aborted", "AbortError"));
      return;
    }
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open(method, url);
    if (token !== null) {
      xhr.setRequestHeader("Authorization", `Bearer ${token}`);
    }
    if (body) {
      xhr.setRequestHeader("Content-Type", contentType);
    }
    for (const [name, value] of Object.entries(headers ?? {})) {
      xhr.setRequestHeader(name, value);
    }
    xhr.upload.onprogress = ({ loaded }) => onProgress?.(loaded);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) {
        resolve(xhr.responseText);
      } else {
        const requestId = xhr.getResponseHeader("X-Request-Id");
        reject(new ApiError(xhr.status, parseProblem(xhr.responseText), { requestId }));
      }
    };
    xhr.onerror = () => reject(new ApiError(0, null));
    xhr.onabort = () => reject(new DOMException("The request was aborted", "AbortError"));
    xhr.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort);
    xhr.send(body ?? null);
  });
}
