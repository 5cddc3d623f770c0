/** Films and people for what the viewer has typed so far. */
import type { Suggestion } from "@nang/api-client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { suggestionsQuery } from "../../catalogue/queries";
import { useThrottled } from "../../lib/use-delayed";

/** Shorter than the time between two keys of most people, so that nearly every key asks at once: the server answers within milliseconds. */
const TYPING_PAUSE_MS = 60;
const NONE: Suggestion[] = [];

/** Empty until the server answered. While the viewer types more, the answer to the shorter text stays. */
export function useSuggestions(text: string): Suggestion[] {
  const settled = useThrottled(text.trim(), TYPING_PAUSE_MS);
  const { data } = useQuery({
    ...suggestionsQuery(settled),
    enabled: settled !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  return text.trim() === "" ? NONE : (data?.items ?? NONE);
}
