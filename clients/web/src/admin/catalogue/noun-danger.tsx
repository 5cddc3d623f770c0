/** Deleting a noun, and merging it into another one. Both ask first. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { ConfirmButton } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import type { Noun, NounItem } from "./noun";

interface NounDangerProps<Item extends NounItem> {
  noun: Noun<Item>;
  item: Item;
  others: readonly Item[];
  onDone(): void;
}

export function NounDanger<Item extends NounItem>({ noun, item, others, onDone }: NounDangerProps<Item>) {
  const { t, language } = useEditorLanguage();
  const [into, setInto] = useState("");
  const remove = useMutation({ mutationFn: () => noun.remove(item), onSuccess: onDone });
  const merge = useMutation({
    mutationFn: () => noun.merge?.(item, into) ?? Promise.resolve(),
    onSuccess: onDone,
  });
  const name = titleOf(item.names, language, item.slug).text;
  const target = others.find(({ id }) => id === into);
  const isWorking = remove.isPending || merge.isPending;
  return (
    <div className="mt-6 space-y-4 border-t border-line pt-5">
      {noun.merge && others.length > 0 && (
        <div className="flex flex-wrap items-end gap-3">
          <SelectField
            className="min-w-52 flex-1"
            label={t.catalogue.mergeInto}
            value={into}
            onChange={(event) => setInto(event.currentTarget.value)}
            options={[
              { value: "", label: t.catalogue.chooseTarget },
              ...others.map((other) => ({
                value: other.id,
                label: titleOf(other.names, language, other.slug).text,
              })),
            ]}
          />
          {target && (
            <ConfirmButton
              label={t.catalogue.merge}
              question={t.catalogue.mergeSure(name, titleOf(target.names, language, target.slug).text)}
              yes={t.catalogue.merge}
              no={t.catalogue.cancel}
              disabled={isWorking}
              onConfirm={() => merge.mutate()}
            />
          )}
        </div>
      )}
      <ConfirmButton
        label={t.catalogue.remove}
        name={t.catalogue.removeOf(name)}
        question={noun.words(t).removeSure(name)}
        yes={t.catalogue.remove}
        no={t.catalogue.cancel}
        disabled={isWorking}
        onConfirm={() => remove.mutate()}
      />
      <InlineError error={remove.error ?? merge.error} />
    </div>
  );
}
