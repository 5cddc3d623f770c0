/** People to choose from, by any of their names. */
import type { AdminPerson } from "@nang/api-client";
import { allItems } from "../lib/all-items";
import { queryClient } from "../lib/query-client";
import { api } from "../session";

const FRESH_MS = 60_000;

export async function findPeople(text: string, signal: AbortSignal): Promise<AdminPerson[]> {
  const people = await queryClient.fetchQuery({
    queryKey: ["admin-people", "all"],
    queryFn: () => allItems(api.pages("/api/admin/cast", { query: { limit: 100 }, signal }).items()),
    staleTime: FRESH_MS,
  });
  return people.filter(({ names, slug }) => hasText([slug, ...Object.values(names)], text));
}

export function hasText(names: readonly string[], text: string): boolean {
  const wanted = text.toLowerCase().split(/\s+/);
  return names.some((name) => wanted.every((word) => name.toLowerCase().includes(word)));
}
