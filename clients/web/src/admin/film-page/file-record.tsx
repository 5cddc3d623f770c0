import type { FilmFile } from "@nang/api-client";
import { useEditorLanguage } from "../../i18n/editor";
import { byteSize } from "../../lib/format";
import { api } from "../../session";
import { ConfirmButton } from "../../ui/button";
import { DateTime } from "../../ui/date-time";
import { InlineError } from "../../ui/notice";
import { FileNotes, UnusedStreams } from "../master-streams";
import { Reason } from "../reason";
import { Chip, type Tone } from "../status-chip";
import { useAction } from "../use-action";
import { EncodeAgain } from "./encode-again";
import { useOpenFilm } from "./open-film";

const FILE_TONES: Record<FilmFile["state"], Tone> = {
  uploading: "busy",
  uploaded: "good",
  duplicate: "plain",
  refused: "bad",
  expired: "plain",
};

export function FileRecord({ file }: { file: FilmFile }) {
  const { t } = useEditorLanguage();
  const { film, reload } = useOpenFilm();
  const { working, error, run } = useAction();
  const isStored = file.state === "uploaded" && film.deleted_at === null;
  const remove = () =>
    run(async () => {
      await api.delete("/api/admin/files/{id}", { path: { id: file.id } });
      reload();
    });
  return (
    <li className="space-y-2 rounded-2xl bg-panel p-4">
      <p className="flex flex-wrap items-center justify-between gap-2">
        <span className="min-w-0 font-semibold break-all">{file.name}</span>
        <Chip tone={FILE_TONES[file.state]}>{t.film.fileState[file.state]}</Chip>
      </p>
      <p className="text-sm text-muted">
        <DateTime at={file.created_at} /> ·{" "}
        {file.state === "uploading"
          ? t.upload.of(byteSize(file.received_bytes), byteSize(file.size_bytes))
          : byteSize(file.size_bytes)}
      </p>
      {file.note && <Reason text={file.note} reason={file.reason} className="text-sm" />}
      <FileNotes file={file} />
      <UnusedStreams file={file} />
      {file.sha256 && <p className="font-mono text-xs break-all text-muted">SHA-256 {file.sha256}</p>}
      {isStored && (
        <div className="flex flex-wrap gap-3">
          {file.purpose === "master" && <EncodeAgain fileId={file.id} name={file.name} />}
          <ConfirmButton
            label={t.catalogue.remove}
            name={t.catalogue.removeOf(file.name)}
            question={t.builds.removeFileSure}
            yes={t.catalogue.remove}
            no={t.film.cancel}
            disabled={working}
            onConfirm={remove}
          />
        </div>
      )}
      <InlineError error={error} />
    </li>
  );
}
