/** What was changed in a film, by whom and when. */
import { AuditList } from "../audit/audit-list";
import { useOpenFilm } from "./open-film";

export function HistoryTab() {
  const { film } = useOpenFilm();
  return <AuditList subjectId={film.id} />;
}
