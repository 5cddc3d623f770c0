/** The masters of a film, its encodings and their jobs. */
import { useEditorLanguage } from "../../i18n/editor";
import { newestFirst } from "../film-stage";
import { BuildRecord } from "./build-record";
import { FileRecord } from "./file-record";
import { JobRecords } from "./job-records";
import { useOpenFilm } from "./open-film";

export function BuildsTab() {
  const { t } = useEditorLanguage();
  const { film } = useOpenFilm();
  return (
    <div className="space-y-10">
      <section className="space-y-3">
        <h2 className="text-lg font-semibold">{t.film.files}</h2>
        {film.files.length === 0 && <p>{t.film.noFiles}</p>}
        <ul className="space-y-2">
          {newestFirst(film.files).map((file) => (
            <FileRecord key={file.id} file={file} />
          ))}
        </ul>
      </section>
      <section className="space-y-3">
        <h2 className="text-lg font-semibold">{t.film.builds}</h2>
        {film.builds.length === 0 && <p>{t.film.noBuilds}</p>}
        <ul className="space-y-4">
          {newestFirst(film.builds).map((build) => (
            <BuildRecord key={build.id} build={build} />
          ))}
        </ul>
      </section>
      <JobRecords film={film} />
    </div>
  );
}
