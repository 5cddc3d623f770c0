/** Fetches the next page of a list before its end is in view. A button does the same by hand, and after a failure. */
import { useEffect, useRef } from "react";
import { useLanguage } from "../i18n/language";
import { Button } from "../ui/button";
import { InlineError, Working } from "../ui/notice";

interface EndlessListProps {
  list: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    error: unknown;
    fetchNextPage(): unknown;
  };
}

export function EndlessList({ list }: EndlessListProps) {
  const { t } = useLanguage();
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  const mayFetch = hasNextPage && !isFetchingNextPage && !isFetchNextPageError;

  useEffect(() => {
    if (!mayFetch || !end.current) {
      return;
    }
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && fetchNextPage(),
      { rootMargin: "800px" },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [mayFetch, fetchNextPage]);

  if (!hasNextPage) {
    return null;
  }
  return (
    <div ref={end} className="mt-10 flex min-h-11 flex-col items-center gap-4">
      {isFetchNextPageError && <InlineError error={list.error} />}
      {isFetchingNextPage ? (
        <Working label={t.films.loading} />
      ) : (
        <Button onClick={() => fetchNextPage()}>
          {isFetchNextPageError ? t.errors.retry : t.films.more}
        </Button>
      )}
    </div>
  );
}
