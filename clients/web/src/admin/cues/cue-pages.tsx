/** The buttons between the pages of a long list of cues. */
import { useEditorLanguage } from "../../i18n/editor";
import { count } from "../../lib/format";
import { Button } from "../../ui/button";
import { PAGE_SIZE } from "./cue-list";

interface CuePagesProps {
  page: number;
  pages: number;
  total: number;
  onPage(page: number): void;
}

export function CuePages({ page, pages, total, onPage }: CuePagesProps) {
  const { t } = useEditorLanguage();
  if (pages < 2) {
    return null;
  }
  const from = page * PAGE_SIZE + 1;
  const to = Math.min(total, from + PAGE_SIZE - 1);
  return (
    <nav aria-label={t.cues.pages} className="flex flex-wrap items-center justify-between gap-3">
      <Button disabled={page === 0} onClick={() => onPage(page - 1)}>
        {t.cues.earlier}
      </Button>
      <span className="text-sm text-muted tabular-nums">
        {t.cues.range(count(from), count(to), count(total))}
      </span>
      <Button disabled={page >= pages - 1} onClick={() => onPage(page + 1)}>
        {t.cues.later}
      </Button>
    </nav>
  );
}
