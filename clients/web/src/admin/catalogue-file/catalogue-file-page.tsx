/** `/admin/catalogue`: the whole catalogue as a file, and back: first a trial run that changes nothing, then the import. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { useTitle } from "../../lib/use-title";
import { session } from "../../session";
import { Button } from "../../ui/button";
import { DownloadIcon } from "../../ui/icons";
import { InlineError, Working } from "../../ui/notice";
import { saveFile } from "../save-file";
import { sendFile } from "../send-file";
import { DropZone } from "../upload/drop-zone";
import { FORMATS, type Format, formatOf, type ImportReport, importCatalogue } from "./catalogue-request";
import { ImportResult } from "./import-result";

export function CatalogueFilePage() {
  const { t } = useEditorLanguage();
  useTitle(t.catalogueFile.title);
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const download = useMutation({
    mutationFn: async (format: Format) => {
      const text = await sendFile(session, { method: "GET", url: `/api/admin/catalogue?format=${format}` });
      saveFile(`nang-catalogue.${format}`, text, FORMATS[format]);
    },
  });
  const send = useMutation({
    mutationFn: ({ chosen, isTrial }: { chosen: File; isTrial: boolean }) => importCatalogue(chosen, isTrial),
    onSuccess: (result) => {
      setReport(result);
      if (result.applied) {
        setFile(null);
        void client.invalidateQueries();
      }
    },
  });
  const choose = (chosen: File) => {
    setFile(chosen);
    setReport(null);
    send.mutate({ chosen, isTrial: true });
  };
  const canApply = file !== null && report !== null && !report.applied && report.error_count === 0;
  return (
    <div className="max-w-4xl space-y-10">
      <h1 className="text-2xl font-bold sm:text-3xl">{t.catalogueFile.title}</h1>
      <section className="space-y-3">
        <h2 className="text-lg font-semibold">{t.catalogueFile.export}</h2>
        <p className="text-soft">{t.catalogueFile.exportText}</p>
        <div className="flex flex-wrap gap-3">
          {(["csv", "json"] as const).map((format) => (
            <Button key={format} disabled={download.isPending} onClick={() => download.mutate(format)}>
              <DownloadIcon className="size-5" />
              {t.catalogueFile.download[format]}
            </Button>
          ))}
        </div>
        <InlineError error={download.error} />
      </section>
      <section className="space-y-3">
        <h2 className="text-lg font-semibold">{t.catalogueFile.import}</h2>
        <p className="text-soft">{t.catalogueFile.importText}</p>
        <DropZone
          title={t.catalogueFile.drop}
          hint={t.catalogueFile.dropHint}
          accept=".csv,.json,text/csv,application/json"
          chosen={file}
          onFile={choose}
        />
        {file && !formatOf(file.name) && <InlineError error={t.catalogueFile.wrongFormat} />}
        {send.isPending && <Working label={t.catalogueFile.checking} className="justify-start!" />}
        <InlineError error={send.error} />
        {report && <ImportResult report={report} />}
        {canApply && (
          <Button
            kind="primary"
            disabled={send.isPending}
            onClick={() => send.mutate({ chosen: file, isTrial: false })}
          >
            {t.catalogueFile.apply}
          </Button>
        )}
      </section>
    </div>
  );
}
