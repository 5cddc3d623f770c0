/** What became of a master: what Nang does not use, guessed or mended, and what it changed in the subtitles. */
import type { Build, FilmFile } from "@nang/api-client";
import { useEditorLanguage } from "../i18n/editor";
import { reasonIn } from "../i18n/reasons";

export function FileNotes({ file }: { file: FilmFile }) {
  const { t, language } = useEditorLanguage();
  if (file.notes.length === 0) {
    return null;
  }
  return (
    <div className="text-sm">
      <p className="text-muted">{t.film.fileNotes}</p>
      <ul className="list-disc space-y-1 pl-5">
        {file.notes.map((note) => (
          <li key={`${note.stream_index} ${note.text}`} className="break-words">
            {reasonIn(note.reason, language) ?? <span lang="en">{note.text}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function UnusedStreams({ file }: { file: FilmFile }) {
  const { t } = useEditorLanguage();
  if (file.unused.length === 0) {
    return null;
  }
  return (
    <div className="text-sm">
      <p className="text-muted">{t.film.unused}</p>
      <ul className="list-disc space-y-1 pl-5">
        {file.unused.map((stream) => (
          <li key={stream.stream_index}>
            <span className="break-words">
              {[t.film.unusedKind[stream.kind], stream.title, stream.language, codecOf(stream.codec)]
                .filter(Boolean)
                .join(" · ")}
            </span>
            <span className="block text-muted">{t.film.unusedWhy[stream.why]}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** FFmpeg calls the codec of a stream without one `none`. */
function codecOf(name: string): string | null {
  return name === "none" ? null : name;
}

export function SubtitleNotes({ build }: { build: Build }) {
  const { t } = useEditorLanguage();
  if (build.subtitle_notes.length === 0) {
    return null;
  }
  return (
    <div className="text-sm">
      <p className="text-muted">{t.film.subtitleNotes}</p>
      <ul className="space-y-2">
        {build.subtitle_notes.map((note) => (
          <li key={note.stream_index}>
            <span className="font-semibold break-words">{note.label}</span>
            <span className="text-muted"> · {t.film.stream(note.stream_index)}</span>
            {note.is_left_out && <span className="text-ember"> · {t.film.leftOut}</span>}
            <ul lang="en" className="list-disc pl-5 break-words">
              {note.details.map((detail) => (
                <li key={detail}>{detail}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </div>
  );
}
