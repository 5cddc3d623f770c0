/** What an import would change or has changed, and the errors with their lines. */
import { useEditorLanguage } from "../../i18n/editor";
import { DataTable } from "../data-table";
import type { ImportReport } from "./catalogue-request";

export function ImportResult({ report }: { report: ImportReport }) {
  const { t } = useEditorLanguage();
  const { applied, created, changed, unchanged, error_count, errors } = report;
  const news = [
    { title: t.catalogueFile.newGenres, names: report.new_genres },
    { title: t.catalogueFile.newPeople, names: report.new_people },
    { title: t.catalogueFile.newCategories, names: report.new_categories },
  ].filter(({ names }) => names.length > 0);
  return (
    <section
      aria-label={t.catalogueFile.report}
      className={`space-y-4 rounded-2xl border p-4 sm:p-6 ${error_count > 0 ? "border-ember/50" : "border-line"}`}
    >
      <p
        role="status"
        className={`font-semibold ${error_count > 0 ? "text-ember" : applied ? "text-leaf" : ""}`}
      >
        {error_count > 0
          ? t.catalogueFile.refused(error_count)
          : applied
            ? t.catalogueFile.applied
            : t.catalogueFile.trial}
      </p>
      <dl className="flex flex-wrap gap-x-8 gap-y-2 tabular-nums">
        {[
          { name: t.catalogueFile.created, value: created },
          { name: t.catalogueFile.changed, value: changed },
          { name: t.catalogueFile.unchanged, value: unchanged },
        ].map(({ name, value }) => (
          <div key={name}>
            <dt className="text-sm text-muted">{name}</dt>
            <dd className="text-xl font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
      {news.map(({ title, names }) => (
        <div key={title}>
          <p className="text-sm text-muted">{title}</p>
          <p className="break-words">{names.join(", ")}</p>
        </div>
      ))}
      {errors.length > 0 && (
        <DataTable
          label={t.catalogueFile.errors}
          rows={errors}
          keyOf={({ line, field, detail }) => `${line} ${field} ${detail}`}
          columns={[
            { name: t.catalogueFile.line, isHeading: true, cell: ({ line }) => t.subtitleFile.line(line) },
            { name: t.catalogueFile.field, cell: ({ field }) => <code>{field || "–"}</code> },
            { name: t.catalogueFile.problem, cell: ({ detail }) => <span lang="en">{detail}</span> },
          ]}
        />
      )}
      {errors.length < error_count && (
        <p className="text-sm text-muted">{t.catalogueFile.moreErrors(errors.length, error_count)}</p>
      )}
    </section>
  );
}
