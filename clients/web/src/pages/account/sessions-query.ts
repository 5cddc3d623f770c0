import { queryOptions } from "@tanstack/react-query";
import { api } from "../../session";

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => api.get("/api/auth/sessions", { query: { limit: 100 }, signal }),
  staleTime: 0,
});
