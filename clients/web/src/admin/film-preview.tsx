/** Plays the film for editors, as viewers who press play now get it. */
import type { AdminFilm } from "@nang/api-client";
import { useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { type Jump, Player } from "../player/player";
import { Button } from "../ui/button";
import { ReplayIcon } from "../ui/icons";

type PreviewedFilm = Pick<AdminFilm, "id" | "build_id" | "presentation_id" | "duration_ms">;

interface FilmPreviewProps {
  film: PreviewedFilm;
  title: string;
  /** A place to play, chosen outside the player. */
  jump: Jump | null;
}

export function FilmPreview({ film, title, jump }: FilmPreviewProps) {
  const { t } = useEditorLanguage();
  const [opened, setOpened] = useState(film);
  // A new encoding opens at once. New tracks wait for the editor, who may be watching.
  if (opened.build_id !== film.build_id) {
    setOpened(film);
  }
  return (
    <div className="space-y-3">
      <div className="-mx-4 sm:mx-0">
        <Player
          key={`${opened.build_id} ${opened.presentation_id}`}
          filmId={film.id}
          title={title}
          durationMs={film.duration_ms}
          wholePageKeys={false}
          isPreview
          jump={jump}
        />
      </div>
      {opened.presentation_id !== film.presentation_id && (
        <div className="flex flex-wrap items-center gap-3">
          <p role="status" className="min-w-48 flex-1 text-soft">
            {t.tracks.previewIsOld}
          </p>
          <Button onClick={() => setOpened(film)}>
            <ReplayIcon className="size-5" />
            {t.tracks.reloadPreview}
          </Button>
        </div>
      )}
    </div>
  );
}
