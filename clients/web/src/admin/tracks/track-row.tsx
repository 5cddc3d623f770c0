/** One track in the list: its facts, its place in the menu, and what an editor can do with it. */
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button, ButtonLink, ConfirmButton } from "../../ui/button";
import { DownIcon, EditIcon, SubtitlesIcon, UpIcon } from "../../ui/icons";
import { useReturnFocus } from "../../ui/use-return-focus";
import { Chip } from "../status-chip";
import { DubDetails } from "./dub-details";
import { languageName } from "./language-choice";
import { TrackForm } from "./track-form";
import type { AdminTrack, TrackChange, TrackKind } from "./track-types";

export type Direction = "up" | "down";

interface TrackRowProps {
  filmId: string;
  track: AdminTrack;
  kind: TrackKind;
  isFirst: boolean;
  isLast: boolean;
  isOnlyAudio: boolean;
  working: boolean;
  error: unknown;
  onMove(direction: Direction): void;
  onSave(change: TrackChange): Promise<boolean>;
  onRemove(): void;
  onOpenForm(): void;
  onDubStarted(): void;
}

export function TrackRow(props: TrackRowProps) {
  const { filmId, track, kind, working } = props;
  const { t, language } = useEditorLanguage();
  const [editing, setEditing] = useState(false);
  const editButton = useReturnFocus<HTMLButtonElement>(editing);
  const inLanguage = languageName(track.language, t, language);
  const save = async (change: TrackChange) => {
    if (Object.keys(change).length === 0 || (await props.onSave(change))) {
      setEditing(false);
    }
  };
  return (
    <li className="space-y-3 rounded-2xl border border-line bg-panel p-4">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1 space-y-2">
          <h4 lang={track.language ?? undefined} className="text-lg font-semibold break-words">
            {track.label}
          </h4>
          <p className="flex flex-wrap gap-2">
            <Chip>{inLanguage ?? t.tracks.noLanguage}</Chip>
            {track.default && <Chip tone="good">{t.tracks.isDefault}</Chip>}
            {track.forced && <Chip tone="busy">{t.tracks.isForced}</Chip>}
            {track.role !== "main" && <Chip tone="busy">{t.tracks.roles[track.role]}</Chip>}
            <Chip>{track.is_from_master ? t.tracks.fromMaster : t.tracks.added}</Chip>
          </p>
        </div>
        {!(props.isFirst && props.isLast) && (
          <div className="flex gap-1">
            <MoveButton {...props} direction="up" disabled={working || props.isFirst} />
            <MoveButton {...props} direction="down" disabled={working || props.isLast} />
          </div>
        )}
      </div>
      {track.dub && (
        <DubDetails filmId={filmId} track={track} dub={track.dub} onStarted={props.onDubStarted} />
      )}
      <div className="flex flex-wrap gap-2">
        {kind === "subtitles" && (
          <ButtonLink
            to="/admin/films/$id/tracks/$track"
            params={{ id: filmId, track: track.id }}
            aria-label={`${t.tracks.openEditor}: ${track.label}`}
          >
            <SubtitlesIcon className="size-5" />
            {t.tracks.openEditor}
          </ButtonLink>
        )}
        {!editing && (
          <button
            type="button"
            ref={editButton}
            aria-label={`${t.tracks.edit}: ${track.label}`}
            disabled={working}
            onClick={() => {
              props.onOpenForm();
              setEditing(true);
            }}
            className="inline-flex min-h-11 items-center gap-2 rounded-full border border-line px-4 text-soft hover:bg-raised hover:text-ink"
          >
            <EditIcon className="size-5" />
            {t.tracks.edit}
          </button>
        )}
        {props.isOnlyAudio ? null : (
          <ConfirmButton
            label={t.tracks.remove}
            name={`${t.tracks.remove}: ${track.label}`}
            question={t.tracks.removeSure(track.label)}
            yes={t.tracks.remove}
            no={t.upload.keep}
            disabled={working}
            onConfirm={props.onRemove}
          />
        )}
      </div>
      {editing && (
        <TrackForm
          track={track}
          kind={kind}
          working={working}
          error={props.error}
          onSave={(change) => void save(change)}
          onClose={() => setEditing(false)}
        />
      )}
    </li>
  );
}

function MoveButton({
  track,
  direction,
  disabled,
  onMove,
}: TrackRowProps & { direction: Direction; disabled: boolean }) {
  const { t } = useEditorLanguage();
  const Icon = direction === "up" ? UpIcon : DownIcon;
  return (
    <Button
      id={moveButtonId(track.id, direction)}
      aria-label={direction === "up" ? t.tracks.moveUp(track.label) : t.tracks.moveDown(track.label)}
      disabled={disabled}
      onClick={() => onMove(direction)}
      className="min-w-11 px-0!"
    >
      <Icon className="size-5" />
    </Button>
  );
}

export function moveButtonId(trackId: string, direction: Direction): string {
  return `move-${direction}-${trackId}`;
}
