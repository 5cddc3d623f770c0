/** How accounts are made on this server, and whether it sends e-mail. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../session";

export const loginOptionsQuery = queryOptions({
  queryKey: ["login-options"],
  queryFn: ({ signal }) => api.get("/api/auth/options", { signal }),
});
