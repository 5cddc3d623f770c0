import { expect, test } from "vitest";
import { ApiError } from "./problem";

test("a problem document becomes an error with the server's words", async () => {
  const response = new Response(
    JSON.stringify({
      type: "about:blank",
      title: "Unprocessable",
      status: 422,
      detail: "A film needs a title.",
      errors: [{ field: "titles", detail: "Give at least one." }],
    }),
    { status: 422 },
  );
  const error = await ApiError.fromResponse(response);
  expect(error.message).toBe("A film needs a title.");
  expect(error.status).toBe(422);
  expect(error.fields.titles).toBe("Give at least one.");
});

test("a proxy's error page gives no detail rather than markup", async () => {
  const error = await ApiError.fromResponse(new Response("<html>502</html>", { status: 502 }));
  expect(error.detail).toBeNull();
  expect(error.message).toBe("HTTP 502");
});
