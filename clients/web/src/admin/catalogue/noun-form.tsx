/** The fields of a noun, Lao and English side by side. */
import { ApiError } from "@nang/api-client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { CheckField } from "../../ui/check-field";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";
import { TextArea } from "../../ui/text-area";
import { EMPTY_DRAFT, filledTexts, type Noun, type NounDraft, type NounItem } from "./noun";

interface NounFormProps<Item extends NounItem> {
  noun: Noun<Item>;
  /** Null for a new one. */
  item: Item | null;
  onSaved(): void;
  /** Another editor was faster. */
  onStale(): void;
  onCancel(): void;
}

export function NounForm<Item extends NounItem>({
  noun,
  item,
  onSaved,
  onStale,
  onCancel,
}: NounFormProps<Item>) {
  const { t } = useEditorLanguage();
  const [draft, setDraft] = useState<NounDraft>(() => (item ? noun.draftOf(item) : EMPTY_DRAFT));
  const [isNameMissing, setNameMissing] = useState(false);
  const save = useMutation({
    mutationFn: () => (item ? noun.update(item, draft) : noun.create(draft)),
    onSuccess: onSaved,
    onError: (error) => isStale(error) && onStale(),
  });
  const change = (part: Partial<NounDraft>) => {
    setDraft({ ...draft, ...part });
    setNameMissing(false);
    save.reset();
  };
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const longText = noun.longText?.(t);
  return (
    <form
      noValidate
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (filledTexts(draft.names)) {
          save.mutate();
        } else {
          setNameMissing(true);
        }
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={t.catalogue.nameLo}
          lang="lo"
          value={draft.names.lo ?? ""}
          maxLength={200}
          problem={isNameMissing ? t.catalogue.needName : null}
          onChange={({ currentTarget: { value } }) => change({ names: { ...draft.names, lo: value } })}
        />
        <Field
          label={t.catalogue.nameEn}
          lang="en"
          value={draft.names.en ?? ""}
          maxLength={200}
          onChange={({ currentTarget: { value } }) => change({ names: { ...draft.names, en: value } })}
        />
        {longText && (
          <>
            <TextArea
              label={longText.lo}
              lang="lo"
              value={draft.texts.lo ?? ""}
              maxLength={5000}
              onChange={({ currentTarget: { value } }) => change({ texts: { ...draft.texts, lo: value } })}
            />
            <TextArea
              label={longText.en}
              lang="en"
              value={draft.texts.en ?? ""}
              maxLength={5000}
              onChange={({ currentTarget: { value } }) => change({ texts: { ...draft.texts, en: value } })}
            />
          </>
        )}
        <Field
          label={t.catalogue.slug}
          value={draft.slug}
          autoCapitalize="off"
          spellCheck={false}
          hint={item ? t.catalogue.slugChangeHint : t.catalogue.slugHint}
          problem={fields.slug ? t.catalogue.slugHint : null}
          onChange={({ currentTarget: { value } }) => change({ slug: value.trim().toLowerCase() })}
        />
        {noun.has.position && (
          <Field
            label={t.catalogue.position}
            type="number"
            inputMode="numeric"
            hint={t.catalogue.positionHint}
            value={draft.position}
            onChange={({ currentTarget: { valueAsNumber } }) =>
              change({ position: Number.isNaN(valueAsNumber) ? 0 : Math.trunc(valueAsNumber) })
            }
          />
        )}
      </div>
      {noun.has.shown && (
        <CheckField label={t.catalogue.shown} checked={draft.shown} onChange={(shown) => change({ shown })} />
      )}
      <InlineError error={isStale(save.error) ? t.catalogue.stale : save.error} />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" kind="primary" disabled={save.isPending}>
          {save.isPending ? t.catalogue.saving : t.catalogue.save}
        </Button>
        <Button onClick={onCancel}>{t.catalogue.cancel}</Button>
      </div>
    </form>
  );
}

function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}
