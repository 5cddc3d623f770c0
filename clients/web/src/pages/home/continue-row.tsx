/** The films that the viewer has begun, with their progress. A film that is taken out can be put back. */
import type { ResumeItem } from "@nang/api-client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { FilmCard } from "../../catalogue/film-card";
import { FilmRow, FilmRowItem, FilmRowSkeleton } from "../../catalogue/film-row";
import { IMAGE_SIZES } from "../../catalogue/image-sizes";
import { resumeQuery } from "../../catalogue/queries";
import { titleOf, useLanguage } from "../../i18n/language";
import { shortDuration } from "../../lib/format";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { CloseIcon } from "../../ui/icons";
import { Meter } from "../../ui/meter";
import { InlineError } from "../../ui/notice";

export function ContinueRow() {
  const { t } = useLanguage();
  const { data, isPending } = useQuery(resumeQuery);
  const [removed, setRemoved] = useState<ResumeItem | null>(null);
  const remove = useRemoval("remove", setRemoved);
  const putBack = useRemoval("put-back", () => setRemoved(null));

  if (isPending) {
    return <FilmRowSkeleton />;
  }
  const items = data?.items ?? [];
  if (items.length === 0 && !removed) {
    return null;
  }
  return (
    <FilmRow
      title={t.home.continueWatching}
      text={
        <div role="status">
          {removed && (
            <p className="mt-1 flex flex-wrap items-center gap-3 text-sm text-soft">
              {t.home.removed}
              <Button onClick={() => putBack.mutate(removed)}>{t.home.undo}</Button>
            </p>
          )}
          <InlineError error={remove.error ?? putBack.error} />
        </div>
      }
    >
      {items.map((item) => (
        <FilmRowItem key={item.film.id}>
          <ContinueCard item={item} onRemove={() => remove.mutate(item)} />
        </FilmRowItem>
      ))}
    </FilmRow>
  );
}

function ContinueCard({ item, onRemove }: { item: ResumeItem; onRemove(): void }) {
  const { t, language } = useLanguage();
  const { film, position_ms } = item;
  const total = film.duration_ms ?? 0;
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <>
      <FilmCard
        film={film}
        sizes={IMAGE_SIZES.row}
        facts={total > position_ms && t.home.leftOf(shortDuration(total - position_ms, t))}
        overlay={
          <span className="absolute inset-x-2 bottom-2 block rounded-full bg-black/50 p-0.5">
            <Meter label={t.home.progress} done={position_ms} total={total} className="h-1.5!" />
          </span>
        }
      />
      <button
        type="button"
        aria-label={t.home.remove(title.text)}
        onClick={onRemove}
        className="absolute top-1 right-1 grid size-11 place-items-center rounded-full bg-black/60 text-white hover:bg-black/85"
      >
        <CloseIcon className="size-5" />
      </button>
    </>
  );
}

/** Shows the change at once, and takes it back if the server refuses it. */
function useRemoval(action: "remove" | "put-back", onStart: (item: ResumeItem) => void) {
  const client = useQueryClient();
  const { queryKey } = resumeQuery;
  return useMutation({
    mutationFn: ({ film, position_ms }: ResumeItem) => {
      const path = { film_id: film.id };
      return action === "remove"
        ? api.delete("/api/resume/{film_id}", { path }).then(() => undefined)
        : api.put("/api/resume/{film_id}", { path, body: { position_ms } }).then(() => undefined);
    },
    onMutate: async (item) => {
      await client.cancelQueries({ queryKey });
      const before = client.getQueryData(queryKey);
      client.setQueryData(queryKey, (list) => {
        const others = list?.items.filter(({ film }) => film.id !== item.film.id) ?? [];
        return list && { ...list, items: action === "remove" ? others : [item, ...others] };
      });
      onStart(item);
      return { before };
    },
    onError: (_error, _item, context) => client.setQueryData(queryKey, context?.before),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
}
