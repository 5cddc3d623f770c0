/** Where a film is on its way to viewers, what the editor must do next, and the preview. */
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import type { Jump } from "../../player/player";
import { DamageReport } from "../damage/damage-report";
import { FilmPreview } from "../film-preview";
import { stageOf } from "../film-stage";
import { FilmSteps } from "../film-steps";
import { Publication } from "../publication";
import { useUpload } from "../upload/uploads";
import { NextStep } from "./next-step";
import { useOpenFilm } from "./open-film";

export function OverviewTab() {
  const { t, language } = useEditorLanguage();
  const { film, accept, reload } = useOpenFilm();
  const filmStage = stageOf(film);
  const upload = useUpload(film.id);
  const [jump, setJump] = useState<Jump | null>(null);
  const shown = film.builds.find(({ id }) => id === film.build_id);
  // This page knows about its own upload before the server reports it.
  const stage = upload && upload.phase !== "done" ? "uploading" : filmStage.stage;
  return (
    <div className="space-y-6 sm:space-y-8">
      <section className="space-y-6 rounded-3xl border border-line bg-stage p-4 sm:p-8">
        <FilmSteps stage={stage} />
        <NextStep film={film} />
      </section>
      {filmStage.held && <DamageReport film={film} build={filmStage.held} />}
      {filmStage.playable && (
        <section className="space-y-4">
          <h2 className="text-lg font-semibold">{t.film.preview}</h2>
          <Publication film={film} onChanged={accept} onReload={reload} />
          <FilmPreview
            film={film}
            title={titleOf(film.titles, language, t.films.untitled).text}
            jump={jump}
          />
          {shown?.damage && <DamageReport film={film} build={shown} onJump={setJump} />}
        </section>
      )}
    </div>
  );
}
