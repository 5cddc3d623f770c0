/** Finds one of many by its name while the editor types, and can create one with the typed name. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { useDelayed } from "../lib/use-delayed";
import { Field } from "../ui/field";
import { PlusIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";

const MAX_SHOWN = 8;
const TYPING_PAUSE_MS = 150;
const ROW = "flex min-h-11 w-full flex-wrap items-center gap-x-2 rounded-lg px-3 text-left hover:bg-raised";

interface SearchPickerProps<T extends { id: string }> {
  title: string;
  heading?: "h2" | "h3";
  label: string;
  /** Names the list in the cache. */
  queryKey: string;
  find(text: string, signal: AbortSignal): Promise<readonly T[]>;
  nameOf(item: T): { text: string; lang: string };
  /** Its other names, which tell two of the same name apart. */
  noteOf(item: T): string;
  /** Creates one with a name that is not in the list. */
  create?: { label(text: string): string; make(text: string): Promise<T> };
  disabled?: boolean;
  onPick(item: T): void;
}

export function SearchPicker<T extends { id: string }>(props: SearchPickerProps<T>) {
  const {
    title,
    heading: Heading = "h3",
    label,
    queryKey,
    find,
    nameOf,
    noteOf,
    create,
    disabled = false,
    onPick,
  } = props;
  const { t } = useEditorLanguage();
  const [text, setText] = useState("");
  const id = useId();
  const wanted = useDelayed(text.trim(), TYPING_PAUSE_MS);
  const { data, error } = useQuery({
    queryKey: [queryKey, wanted],
    queryFn: ({ signal }) => find(wanted, signal),
    enabled: wanted !== "",
    staleTime: 0,
  });
  const found = wanted === "" ? [] : (data ?? []).slice(0, MAX_SHOWN);
  const pick = (item: T) => {
    setText("");
    onPick(item);
  };
  const making = useMutation({
    mutationFn: (name: string) => create?.make(name) ?? Promise.reject(new Error("nothing is created here")),
    onSuccess: pick,
  });
  return (
    <section aria-labelledby={id} className="space-y-2 rounded-2xl border border-line bg-stage p-4">
      <Heading id={id} className="font-semibold">
        {title}
      </Heading>
      <Field
        label={label}
        type="search"
        maxLength={200}
        value={text}
        autoComplete="off"
        disabled={disabled}
        onChange={(event) => {
          setText(event.currentTarget.value);
          making.reset();
        }}
      />
      <ul className="empty:hidden">
        {found.map((item) => {
          const name = nameOf(item);
          return (
            <li key={item.id}>
              <button type="button" className={ROW} disabled={disabled} onClick={() => pick(item)}>
                <span lang={name.lang}>{name.text}</span>
                <span className="text-sm text-muted">{noteOf(item)}</span>
              </button>
            </li>
          );
        })}
        {create && wanted !== "" && data && (
          <li>
            <button
              type="button"
              className={`${ROW} text-accent`}
              disabled={making.isPending}
              onClick={() => making.mutate(wanted)}
            >
              <PlusIcon className="size-5" />
              {create.label(wanted)}
            </button>
          </li>
        )}
      </ul>
      {wanted !== "" && data?.length === 0 && !create && (
        <p role="status" className="text-sm text-muted">
          {t.catalogue.noneFound}
        </p>
      )}
      <InlineError error={error ?? making.error} />
    </section>
  );
}
