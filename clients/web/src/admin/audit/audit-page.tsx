/** `/admin/audit`: every change of the catalogue, and for admins also of accounts. */
import { useEditorLanguage } from "../../i18n/editor";
import { useTitle } from "../../lib/use-title";
import { AuditList } from "./audit-list";

export function AuditPage() {
  const { t } = useEditorLanguage();
  useTitle(t.audit.title);
  return (
    <div className="space-y-4">
      <h1 className="text-2xl font-bold sm:text-3xl">{t.audit.title}</h1>
      <p className="text-soft">{t.audit.intro}</p>
      <AuditList />
    </div>
  );
}
