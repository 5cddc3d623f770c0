/** The tracks of one kind, with the changes of each. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { moved } from "./menu-order";
import { type Direction, moveButtonId, TrackRow } from "./track-row";
import { type AdminTrack, type TrackChange, type TrackKind, type TrackList, tracksOf } from "./track-types";
import type { Tracks } from "./use-tracks";

interface TrackGroupProps {
  filmId: string;
  kind: TrackKind;
  list: TrackList;
  tracks: Tracks;
  children?: ReactNode;
}

export function TrackGroup({ filmId, kind, list, tracks, children }: TrackGroupProps) {
  const { t } = useEditorLanguage();
  const heading = useRef<HTMLHeadingElement>(null);
  const [message, setMessage] = useState("");
  const focusAfterMove = useFocusAfterMove();
  const shown = tracksOf(list, kind);

  const move = async (track: AdminTrack, direction: Direction) => {
    const body = moved(list, kind, track.id, direction);
    const work = () => api.put("/api/admin/films/{id}/tracks/order", { path: { id: filmId }, body });
    if (await tracks.change(work)) {
      const ids = kind === "audio" ? body.audio_tracks : body.subtitle_tracks;
      setMessage(t.tracks.movedTo(track.label, ids.indexOf(track.id) + 1, ids.length));
    }
    focusAfterMove(track.id, direction);
  };
  const save = async (track: AdminTrack, body: TrackChange) => {
    const path = { id: filmId, track: track.id };
    const isSaved = await tracks.change(() =>
      api.patch("/api/admin/films/{id}/tracks/{track}", { path, body }),
    );
    setMessage(isSaved ? t.film.saved : "");
    return isSaved;
  };
  const remove = async (track: AdminTrack) => {
    const path = { id: filmId, track: track.id };
    if (await tracks.change(() => api.delete("/api/admin/films/{id}/tracks/{track}", { path }))) {
      setMessage(t.tracks.removed(track.label));
      heading.current?.focus();
    }
  };
  return (
    <div className="space-y-3">
      <h3 ref={heading} tabIndex={-1} className="text-sm text-muted">
        {t.tracks[kind]}
      </h3>
      {shown.length === 0 && (
        <p className="rounded-2xl border border-dashed border-line px-4 py-5 text-soft">
          {t.tracks.empty[kind]}
        </p>
      )}
      <ol className="space-y-3">
        {shown.map((track, index) => (
          <TrackRow
            key={track.id}
            filmId={filmId}
            track={track}
            kind={kind}
            isFirst={index === 0}
            isLast={index === shown.length - 1}
            isOnlyAudio={kind === "audio" && shown.length === 1}
            working={tracks.working}
            error={tracks.error}
            onMove={(direction) => void move(track, direction)}
            onSave={(change) => save(track, change)}
            onRemove={() => void remove(track)}
            onOpenForm={tracks.clearError}
            onDubStarted={tracks.reload}
          />
        ))}
      </ol>
      <p role="status" className="text-sm text-leaf empty:hidden">
        {message}
      </p>
      {children}
    </div>
  );
}

/** Moving a row in the document removes the focus from its button, and the first and last button are disabled. */
function useFocusAfterMove(): (trackId: string, direction: Direction) => void {
  const [wanted, setWanted] = useState<{ trackId: string; direction: Direction } | null>(null);
  useEffect(() => {
    if (wanted) {
      const { trackId, direction } = wanted;
      const other = direction === "up" ? "down" : "up";
      [direction, other]
        .map((way) => document.getElementById(moveButtonId(trackId, way as Direction)))
        .find((button) => button instanceof HTMLButtonElement && !button.disabled)
        ?.focus();
    }
  }, [wanted]);
  return (trackId, direction) => setWanted({ trackId, direction });
}
