import { useEditorLanguage } from "../../i18n/editor";
import { secondTitleOf, titleOf } from "../../i18n/language";
import { Button, ButtonLink } from "../../ui/button";
import type { Noun, NounItem } from "./noun";

interface NounRowProps<Item extends NounItem> {
  noun: Noun<Item>;
  item: Item;
  onEdit(): void;
}

export function NounRow<Item extends NounItem>({ noun, item, onEdit }: NounRowProps<Item>) {
  const { t, language } = useEditorLanguage();
  const name = titleOf(item.names, language, item.slug);
  const second = secondTitleOf(item.names, language);
  const note = noun.note(item, t);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-48">
        <p lang={name.lang} className="font-semibold break-words">
          {name.text}
        </p>
        <p className="text-sm text-muted">
          {second && <span lang={second.lang}>{second.text}</span>}
          {second && note && " · "}
          {note}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <ButtonLink {...noun.page(item)} aria-label={`${t.catalogue.view}: ${name.text}`}>
          {t.catalogue.view}
        </ButtonLink>
        <Button aria-label={t.catalogue.editOf(name.text)} onClick={onEdit}>
          {t.catalogue.edit}
        </Button>
      </div>
    </div>
  );
}
