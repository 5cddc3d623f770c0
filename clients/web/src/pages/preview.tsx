/** `/preview#…`: a film that is not public, for a person with a link and without an account. */
import { ApiError } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useMemo } from "react";
import { useLanguage } from "../i18n/language";
import { dateTimeText } from "../lib/dates";
import { storageOrNull } from "../lib/storage";
import { useTitle } from "../lib/use-title";
import { previewSessionApi } from "../player/playback-session-api";
import { api } from "../session";
import { ButtonLink } from "../ui/button";
import { AlertIcon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { FilmArticle, FilmSkeleton } from "./film/film";
import { previewToken } from "./preview-token";

export default function PreviewPage() {
  const { t, language } = useLanguage();
  // Read again when a second link is opened in the same tab.
  const hash = useLocation({ select: (location) => location.hash });
  const token = useMemo(() => previewToken(hash, storageOrNull("sessionStorage")), [hash]);
  const previewApi = useMemo(() => previewSessionApi(token), [token]);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["preview", token],
    queryFn: ({ signal }) => api.post("/api/preview", { body: { token }, signal }),
    enabled: token !== "",
    staleTime: 0,
  });
  if (token === "" || (error instanceof ApiError && error.kind === "preview-ended")) {
    return <EndedPreview text={token === "" ? t.account.linkIncomplete : t.preview.endedText} />;
  }
  if (isPending) {
    return <FilmSkeleton />;
  }
  if (!data) {
    return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  }
  return (
    <>
      <p className="mx-auto w-full max-w-6xl px-4 py-3 text-sm text-accent sm:px-8">
        {t.preview.until(dateTimeText(data.expires_at, language))}
      </p>
      <FilmArticle key={data.film.id} film={data.film} previewApi={previewApi} />
    </>
  );
}

function EndedPreview({ text }: { text: string }) {
  const { t } = useLanguage();
  useTitle(t.preview.ended);
  return (
    <Notice icon={<AlertIcon className="size-10" />} title={t.preview.ended} text={text} alert>
      <ButtonLink to="/">{t.site.home}</ButtonLink>
    </Notice>
  );
}
