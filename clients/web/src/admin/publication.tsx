/** Publishes a ready film, and unpublishes it. */
import { type AdminFilm, ApiError } from "@nang/api-client";
import { useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { Button, ButtonLink, ConfirmButton } from "../ui/button";
import { CheckIcon, LinkIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";
import { changeFilm } from "./film-titles";

interface PublicationProps {
  film: AdminFilm;
  onChanged(film: AdminFilm): void;
  onReload(): void;
}

export function Publication({ film, onChanged, onReload }: PublicationProps) {
  const { t } = useEditorLanguage();
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isPublic = film.visibility === "public";

  const change = async (visibility: AdminFilm["visibility"]) => {
    setWorking(true);
    setError(null);
    try {
      onChanged(await changeFilm(film, { visibility }));
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
          {isPublic ? t.film.published : t.film.readyToPublish}
        </p>
        {isPublic ? (
          <>
            <ButtonLink to="/films/$film" params={{ film: film.id }}>
              {t.film.viewPage}
            </ButtonLink>
            <CopyLink path={`/films/${film.id}`} />
            <ConfirmButton
              label={t.film.unpublish}
              question={t.film.unpublishSure}
              yes={t.film.unpublish}
              no={t.film.cancel}
              disabled={working}
              onConfirm={() => void change("draft")}
            />
          </>
        ) : (
          <Button kind="primary" disabled={working} onClick={() => void change("public")}>
            {t.film.publish}
          </Button>
        )}
      </div>
      <InlineError error={error} />
    </div>
  );
}

function CopyLink({ path }: { path: string }) {
  const { t } = useEditorLanguage();
  const [copied, setCopied] = useState(false);
  // The clipboard is missing on plain-HTTP sites.
  const { clipboard } = navigator as Partial<Navigator>;
  if (!clipboard) {
    return null;
  }
  const copy = () =>
    clipboard.writeText(new URL(path, globalThis.location.href).href).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <Button onClick={() => void copy()}>
      {copied ? <CheckIcon className="size-5 text-leaf" /> : <LinkIcon className="size-5" />}
      {copied ? t.film.copied : t.film.copyLink}
    </Button>
  );
}
