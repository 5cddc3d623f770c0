/** Publishes a ready film, and unpublishes it. */
import { type AdminFilm, ApiError } from "@nang/api-client";
import { useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { dateTimeText } from "../lib/dates";
import { Button, ButtonLink, ConfirmButton } from "../ui/button";
import { InlineError } from "../ui/notice";
import { CopyLink } from "./copy-link";
import { changeFilm } from "./film-page/open-film";

interface PublicationProps {
  film: AdminFilm;
  onChanged(film: AdminFilm): void;
  onReload(): void;
}

export function Publication({ film, onChanged, onReload }: PublicationProps) {
  const { t, language } = useEditorLanguage();
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { visibility: shownTo, publish_at: publishAt } = film;

  const change = async (visibility: AdminFilm["visibility"]) => {
    setWorking(true);
    setError(null);
    try {
      onChanged(await changeFilm(film.id, film.version, { visibility }));
    } catch (problem) {
      const isStale = problem instanceof ApiError && problem.status === 412;
      setError(isStale ? t.film.staleVersion : problem);
      if (isStale) {
        onReload();
      }
    }
    setWorking(false);
  };
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-3 rounded-2xl border border-line bg-panel p-4">
        <p className="min-w-48 flex-1" role="status">
          {shownTo === "public"
            ? t.film.published
            : shownTo === "scheduled" && publishAt !== null
              ? t.rights.scheduledFor(dateTimeText(publishAt, language))
              : shownTo === "members" || shownTo === "unlisted"
                ? t.rights.visibility[shownTo].text
                : t.film.readyToPublish}
        </p>
        {shownTo !== "draft" && (
          <>
            <ButtonLink to="/films/$film" params={{ film: film.slug }}>
              {t.film.viewPage}
            </ButtonLink>
            <CopyLink path={`/films/${film.slug}`} />
            <ConfirmButton
              label={t.film.unpublish}
              question={t.film.unpublishSure}
              yes={t.film.unpublish}
              no={t.film.cancel}
              disabled={working}
              onConfirm={() => void change("draft")}
            />
          </>
        )}
        {(shownTo === "draft" || shownTo === "scheduled") && (
          <Button kind="primary" disabled={working} onClick={() => void change("public")}>
            {t.film.publish}
          </Button>
        )}
      </div>
      <InlineError error={error} />
    </div>
  );
}
