/** The list of a noun, with a form to create one and to edit each. */
import { type InfiniteData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { EndlessList } from "../../catalogue/endless-list";
import { itemsOf } from "../../catalogue/queries";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { useTitle } from "../../lib/use-title";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { PlusIcon } from "../../ui/icons";
import { ErrorNotice, InlineError, Working } from "../../ui/notice";
import { Sortable } from "../../ui/sortable";
import type { Noun, NounItem } from "./noun";
import { NounDanger } from "./noun-danger";
import { NounForm } from "./noun-form";
import { saveOrder } from "./noun-order";
import { NounRow } from "./noun-row";

type Page<Item> = { items: Item[]; next_cursor: string | null };

export function NounPage<Item extends NounItem>({ noun }: { noun: Noun<Item> }) {
  const { t, language } = useEditorLanguage();
  const words = noun.words(t);
  useTitle(words.title);
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<Item | "new" | null>(null);
  const list = useInfiniteQuery<Page<Item>, Error, InfiniteData<Page<Item>>, [string], string | null>({
    queryKey: [noun.key],
    queryFn: ({ pageParam, signal }) => noun.list(pageParam, signal),
    initialPageParam: null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 0,
  });
  const items = itemsOf(list.data);
  const found = items.filter((item) => matches(item, text));
  const nameOf = (item: Item) => titleOf(item.names, language, item.slug);
  const close = () => setEditing(null);
  const onChanged = () => {
    close();
    void client.invalidateQueries();
  };

  // The order of a part of the list says nothing of the whole.
  const canSort = noun.has.position && !list.hasNextPage && found.length === items.length && items.length > 1;
  const order = useMutation({
    mutationFn: (sorted: readonly Item[]) => saveOrder(noun, sorted),
    onMutate: (sorted) =>
      client.setQueryData([noun.key], {
        pages: [{ items: [...sorted], next_cursor: null }],
        pageParams: [null],
      }),
    onSettled: () => client.invalidateQueries(),
  });

  if (list.isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (list.isError && items.length === 0) {
    return <ErrorNotice error={list.error} onRetry={() => list.refetch()} />;
  }
  return (
    <>
      <div className="mb-5 flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-bold sm:text-3xl">{words.title}</h1>
        <Button kind="primary" onClick={() => setEditing("new")}>
          <PlusIcon className="size-5" />
          {words.create}
        </Button>
      </div>
      {items.length === 0 ? (
        <p className="rounded-2xl border border-dashed border-line px-5 py-8 text-center text-soft">
          {words.empty}
        </p>
      ) : (
        <>
          <Field
            className="max-w-md"
            label={t.catalogue.find}
            type="search"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <p role="status" className="mt-2 text-sm text-muted">
            {found.length === 0 ? t.catalogue.noneFound : t.catalogue.count(found.length)}
          </p>
        </>
      )}
      <InlineError error={order.error} />
      {canSort ? (
        <div className="mt-4 rounded-3xl border border-line bg-stage px-3 sm:px-5">
          <Sortable
            items={items}
            keyOf={({ id }) => id}
            nameOf={(item) => nameOf(item).text}
            upLabel={t.catalogue.up}
            downLabel={t.catalogue.down}
            disabled={order.isPending}
            onSort={order.mutate}
          >
            {(item) => <NounRow noun={noun} item={item} onEdit={() => setEditing(item)} />}
          </Sortable>
          <p role="status" className="px-3 pb-3 text-sm text-leaf empty:hidden">
            {order.isSuccess && t.catalogue.orderSaved}
          </p>
        </div>
      ) : (
        <ul className="mt-4 divide-y divide-line overflow-hidden rounded-3xl border border-line bg-stage empty:hidden">
          {found.map((item) => (
            <li key={item.id} className="p-3 sm:px-5">
              <NounRow noun={noun} item={item} onEdit={() => setEditing(item)} />
            </li>
          ))}
        </ul>
      )}
      <EndlessList list={list} />
      {editing !== null && (
        <Dialog
          title={editing === "new" ? words.create : nameOf(editing).text}
          closeLabel={t.player.close}
          onClose={close}
        >
          <NounForm
            noun={noun}
            item={editing === "new" ? null : editing}
            onSaved={onChanged}
            onStale={() => void list.refetch()}
            onCancel={close}
          />
          {editing !== "new" && noun.extra?.(editing)}
          {editing !== "new" && (
            <NounDanger
              noun={noun}
              item={editing}
              others={items.filter(({ id }) => id !== editing.id)}
              onDone={onChanged}
            />
          )}
        </Dialog>
      )}
    </>
  );
}

function matches(item: NounItem, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return [item.slug, ...Object.values(item.names)].some((name) => name.toLowerCase().includes(wanted));
}
