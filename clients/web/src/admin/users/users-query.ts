import { infiniteQueryOptions } from "@tanstack/react-query";
import { api } from "../../session";

export const ROLES = ["viewer", "editor", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface UserFilter {
  text: string;
  role: Role | "";
}

export const usersQuery = ({ text, role }: UserFilter) =>
  infiniteQueryOptions({
    queryKey: ["admin-users", text, role],
    queryFn: ({ pageParam, signal }) =>
      api.get("/api/admin/users", {
        query: {
          limit: 50,
          ...(text !== "" && { text }),
          ...(role !== "" && { role }),
          ...(pageParam !== null && { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 0,
  });
