/** The dubs of a film in the making, and the form for another. */
import { useCallback, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { PlusIcon } from "../../ui/icons";
import { useReturnFocus } from "../../ui/use-return-focus";
import { DubForm } from "./dub-form";
import type { TrackList, UnfinishedDub } from "./track-types";
import { UnfinishedDubRow } from "./unfinished-dub";
import type { Tracks } from "./use-tracks";

interface DubListProps {
  filmId: string;
  list: TrackList;
  tracks: Tracks;
}

export function DubList({ filmId, list, tracks }: DubListProps) {
  const { t } = useEditorLanguage();
  const [adding, setAdding] = useState(false);
  const addButton = useReturnFocus<HTMLButtonElement>(adding);
  const heading = useRef<HTMLHeadingElement>(null);
  const [removed, setRemoved] = useState("");
  const ready = useReadyDubs(list);
  const { reload } = tracks;

  const started = useCallback(() => {
    setAdding(false);
    setRemoved("");
    reload();
  }, [reload]);
  const remove = async (dub: UnfinishedDub) => {
    const path = { id: filmId, track: dub.track_id };
    if (await tracks.change(() => api.delete("/api/admin/films/{id}/tracks/{track}/dub", { path }))) {
      setRemoved(t.dub.removed(dub.label));
      heading.current?.focus();
    }
  };
  return (
    <>
      {list.unfinished_dubs.length > 0 && (
        <section className="space-y-3">
          <h3 ref={heading} tabIndex={-1} className="text-sm text-muted">
            {t.dub.unfinished}
          </h3>
          <ol className="space-y-3">
            {list.unfinished_dubs.map((dub) => (
              <UnfinishedDubRow
                key={dub.file_id}
                filmId={filmId}
                dub={dub}
                working={tracks.working}
                onRemove={() => void remove(dub)}
                onReplaced={reload}
              />
            ))}
          </ol>
        </section>
      )}
      <p role="status" className="text-sm text-leaf empty:hidden">
        {[...ready.map(t.dub.ready), removed].join(" ").trim()}
      </p>
      {adding ? (
        <DubForm filmId={filmId} track={null} onStarted={started} onClose={() => setAdding(false)} />
      ) : (
        <Button
          ref={addButton}
          onClick={() => {
            tracks.clearError();
            setAdding(true);
          }}
        >
          <PlusIcon className="size-5" />
          {t.dub.add}
        </Button>
      )}
    </>
  );
}

/** The names of the dubs that became ready while the page was open. */
function useReadyDubs(list: TrackList): string[] {
  const [ready, setReady] = useState<string[]>([]);
  const [before, setBefore] = useState(list);
  if (before !== list) {
    setBefore(list);
    const isUnfinished = (id: string) => list.unfinished_dubs.some(({ track_id }) => track_id === id);
    const finished = before.unfinished_dubs.filter(({ track_id }) => !isUnfinished(track_id));
    const shown = list.audio_tracks.filter(({ id, build_id }) => {
      const former = before.audio_tracks.find((track) => track.id === id);
      return finished.some(({ track_id }) => track_id === id) && former?.build_id !== build_id;
    });
    if (shown.length > 0) {
      setReady([...ready, ...shown.map(({ label }) => label)]);
    }
  }
  return ready;
}
