/** The dropped subtitle files: those that wait for their films, those that were added, and those that the server refused. */
import { Link } from "@tanstack/react-router";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { EncodingConfirmation } from "../tracks/encoding-confirmation";
import { fileProblems, guessedEncoding } from "../tracks/file-problems";
import { FileRefusal } from "../tracks/file-refusal";
import { languageName } from "../tracks/language-choice";
import { FilmName } from "./film-name";
import { type QueuedSubtitle, subtitleQueue, useSubtitleQueue } from "./subtitle-queue";

export function DroppedSubtitles() {
  const { t } = useEditorLanguage();
  const subtitles = useSubtitleQueue();
  if (subtitles.length === 0) {
    return null;
  }
  return (
    <section className="space-y-4">
      <h2 className="text-lg font-semibold">{t.tracks.subtitles}</h2>
      <ul className="space-y-4">
        {subtitles.map((subtitle) => (
          <li key={subtitle.id} className="space-y-3 rounded-3xl border border-line bg-stage p-4 sm:p-6">
            <FilmName filmId={subtitle.filmId} />
            <DroppedSubtitle subtitle={subtitle} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function DroppedSubtitle({ subtitle }: { subtitle: QueuedSubtitle }) {
  const { t, language } = useEditorLanguage();
  const { id, filmId, name, phase, error, file, encoding } = subtitle;
  const guess = guessedEncoding(error);
  const forget = () => void subtitleQueue.forget(id);
  return (
    <>
      <p className="break-all">
        {name} <span className="text-sm text-muted">{languageName(subtitle.language, t, language)}</span>
      </p>
      {phase === "waiting" && <p className="text-soft">{t.uploads.subtitleWaits}</p>}
      {phase === "sending" && <p className="text-soft">{t.subtitleFile.sending}</p>}
      {phase === "done" && (
        <p className="text-leaf">
          {t.uploads.subtitleAdded}{" "}
          <Link
            to="/admin/films/$id/{-$tab}"
            params={{ id: filmId, tab: "tracks" }}
            className="underline underline-offset-4"
          >
            {t.uploads.openTracks}
          </Link>
        </p>
      )}
      {phase === "failed" &&
        (guess ? (
          <EncodingConfirmation
            key={guess.encoding}
            guess={guess}
            file={file}
            language={subtitle.language}
            sending={false}
            onConfirm={(chosen) => subtitleQueue.retry(id, chosen)}
          />
        ) : (
          <FileRefusal error={error} problems={fileProblems(error)} file={file} encoding={encoding} />
        ))}
      <div className="flex flex-wrap gap-3">
        {phase === "failed" && !guess && (
          <Button onClick={() => subtitleQueue.retry(id, encoding)}>{t.uploads.tryAgain}</Button>
        )}
        {phase === "done" && <Button onClick={forget}>{t.uploads.hide}</Button>}
        {(phase === "waiting" || phase === "failed") && (
          <Button onClick={forget}>{t.uploads.subtitleDiscard}</Button>
        )}
      </div>
    </>
  );
}
