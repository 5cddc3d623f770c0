import { expect, test } from "vitest";
import { ApiError } from "./problem";

test("a problem document becomes an error with the server's texts", async () => {
  const response = new Response(
    JSON.stringify({
      type: "urn:nang:problem:invalid",
      title: "Unprocessable",
      status: 422,
      detail: "A film needs a title.",
      errors: [{ field: "titles", detail: "Give at least one." }],
    }),
    { status: 422, headers: { "X-Request-Id": "0193a6b0" } },
  );
  const error = await ApiError.fromResponse(response);
  expect(error.message).toBe("A film needs a title.");
  expect(error.status).toBe(422);
  expect(error).toMatchObject({
    title: "Unprocessable",
    kind: "invalid",
    requestId: "0193a6b0",
    isTransient: false,
  });
  expect(error.fields.titles).toBe("Give at least one.");
});

test("a proxy's HTML error page gives an error without detail", async () => {
  const error = await ApiError.fromResponse(new Response("<html>502</html>", { status: 502 }));
  expect(error.detail).toBeNull();
  expect(error.message).toBe("HTTP 502");
});

test("a throttled request carries the time to wait", async () => {
  const response = new Response("", { status: 429, headers: { "Retry-After": "30" } });
  expect(await ApiError.fromResponse(response)).toMatchObject({ retryAfterMs: 30_000, isTransient: true });
});
