/** What is in progress, or what the editor must do next. */
import type { AdminFilm } from "@nang/api-client";
import { useEffect } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Working } from "../../ui/notice";
import { EncodingProgress } from "../encoding-progress";
import { FailureReport } from "../failure-report";
import { stageOf } from "../film-stage";
import { Reason } from "../reason";
import { DropZone } from "../upload/drop-zone";
import { RunningUpload, StoppedUpload } from "../upload/upload-panel";
import { discardUpload, forgetUpload, startUpload, uploadOf, useUpload } from "../upload/uploads";
import { EncodeAgain } from "./encode-again";

export function NextStep({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const { stage, file, build, failure, isCancelled } = stageOf(film);
  const upload = useUpload(film.id);
  const startWith = (chosen: File) => startUpload(film.id, chosen);

  // Once the server has the whole file, its record of the file says more than this page's upload.
  const uploadIsDone = upload?.phase === "done" && stage !== "uploading" && stage !== "empty";
  useEffect(() => {
    if (uploadIsDone) {
      forgetUpload(film.id);
    }
  }, [uploadIsDone, film.id]);

  if (upload && !uploadIsDone) {
    return (
      <RunningUpload state={upload} upload={uploadOf(film.id)} onDiscard={() => discardUpload(film.id)} />
    );
  }
  if (stage === "uploading" && file) {
    return <StoppedUpload file={file} onResume={(chosen) => startUpload(film.id, chosen, file.id)} />;
  }
  if (stage === "encoding" && build) {
    return <EncodingProgress build={build} />;
  }
  if (stage === "checking" || stage === "analysing" || stage === "publishing") {
    return (
      <div className="space-y-2">
        <Working label={t.admin.status[stage]} className="justify-start! text-ink!" />
        <p className="text-muted">{t.film.stageText[stage]}</p>
      </div>
    );
  }
  if (isCancelled && file?.state === "uploaded") {
    return (
      <div className="space-y-4">
        <h2 className="text-lg font-semibold">{t.builds.cancelledTitle}</h2>
        <p className="text-soft">
          {film.build_id === null ? t.builds.cancelledText : t.builds.cancelledOlder}
        </p>
        <EncodeAgain fileId={file.id} />
        <ReplaceMaster onFile={startWith} />
      </div>
    );
  }
  return (
    <div className="space-y-6">
      {failure !== null && <FailureReport film={film} />}
      {file?.state === "duplicate" && file.note && (
        <Reason text={file.note} reason={file.reason} className="rounded-xl bg-raised px-4 py-3" />
      )}
      {(stage === "ready" || stage === "damaged") && failure === null ? (
        <ReplaceMaster onFile={startWith} />
      ) : (
        <DropZone title={t.upload.dropTitle} hint={t.upload.dropHint} onFile={startWith} />
      )}
    </div>
  );
}

function ReplaceMaster({ onFile }: { onFile(file: File): void }) {
  const { t } = useEditorLanguage();
  return (
    <details className="group">
      <summary className="inline-flex min-h-11 list-none items-center rounded-full border border-line bg-panel px-5 hover:bg-raised">
        {t.upload.replaceTitle}
      </summary>
      <div className="mt-4">
        <DropZone title={t.upload.dropTitle} hint={t.upload.replaceHint} onFile={onFile} />
      </div>
    </details>
  );
}
