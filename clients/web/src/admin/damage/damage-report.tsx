/** What could not be read from a master, by place, and the decision whether viewers get the encoding. */
import type { AdminFilm, Build } from "@nang/api-client";
import { useId, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import type { Jump } from "../../player/player";
import { api } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { AlertIcon, PlayIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";
import { useAction } from "../use-action";
import {
  type Damage,
  leadIn,
  longestPlaces,
  lossText,
  type Place,
  placeText,
  type TrackDamage,
  trackName,
} from "./damage-words";

/** How many places of a track are shown at first. */
const FIRST_PLACES = 8;

interface DamageReportProps {
  film: Pick<AdminFilm, "build_id">;
  build: Build;
  /** Plays a place, if the preview shows this build. */
  onJump?(jump: Jump): void;
}

export function DamageReport({ film, build, onJump }: DamageReportProps) {
  const { t } = useEditorLanguage();
  const id = useId();
  const { damage, kind, state, approved_at, approved_by } = build;
  const isHeld = state === "damaged";
  const isDub = kind === "dub";
  if (!damage) {
    return null;
  }
  const held = isDub
    ? [t.damage.heldDubTitle, t.damage.heldDubText]
    : [t.damage.heldTitle, t.damage.heldText];
  const [title, text] = isHeld
    ? held
    : approved_at
      ? [t.damage.approvedTitle, t.damage.approvedText(approved_by ?? t.damage.someone)]
      : [t.damage.slightTitle, t.damage.slightText];
  return (
    <section
      aria-labelledby={id}
      className={`space-y-4 rounded-2xl border p-4 sm:p-6 ${isHeld ? "border-lamp/60 bg-lamp/8" : "border-line bg-stage"}`}
    >
      <h2 id={id} className={`flex items-center gap-3 text-lg font-semibold ${isHeld ? "text-accent" : ""}`}>
        <AlertIcon className="size-6 shrink-0" />
        {title}
      </h2>
      <p className="text-soft">{text}</p>
      {isHeld && !isDub && film.build_id !== null && <p className="text-soft">{t.damage.olderShown}</p>}
      <ul className="space-y-4">
        {damage.tracks.map((track) => (
          <DamagedTrack key={track.track ?? "video"} track={track} damage={damage} onJump={onJump} />
        ))}
      </ul>
      {isHeld && <Decision build={build} />}
    </section>
  );
}

interface DamagedTrackProps {
  track: TrackDamage;
  damage: Damage;
  onJump: ((jump: Jump) => void) | undefined;
}

function DamagedTrack({ track, damage, onJump }: DamagedTrackProps) {
  const { t } = useEditorLanguage();
  const [all, setAll] = useState(false);
  const name = trackName(track, t);
  const places = all ? track.places : longestPlaces(track.places, FIRST_PLACES);
  return (
    <li className="space-y-2 rounded-xl bg-night/40 p-4">
      <h3 className="font-semibold">{name}</h3>
      <p>{lossText(track, damage.duration_ms, t)}</p>
      <ul aria-label={t.damage.places(name)} className="flex flex-wrap gap-2 text-sm tabular-nums">
        {places.map((place) => (
          <li key={place.from_ms}>
            <DamagedPlace place={place} onJump={onJump} />
          </li>
        ))}
      </ul>
      {places.length < track.count && (
        <p className="text-sm text-muted">{t.damage.more(places.length, track.count)}</p>
      )}
      {places.length < track.places.length && (
        <Button onClick={() => setAll(true)}>{t.damage.all(track.places.length)}</Button>
      )}
    </li>
  );
}

function DamagedPlace({ place, onJump }: { place: Place; onJump: DamagedTrackProps["onJump"] }) {
  const { t } = useEditorLanguage();
  const text = placeText(place, t);
  if (!onJump) {
    return <span className="inline-block rounded-full border border-line px-3 py-1">{text}</span>;
  }
  return (
    <Button aria-label={t.damage.playPlace(text)} onClick={() => onJump({ seconds: leadIn(place) })}>
      <PlayIcon className="size-4" />
      {text}
    </Button>
  );
}

function Decision({ build }: { build: Build }) {
  const { t } = useEditorLanguage();
  const { working, error, run } = useAction();
  const path = { id: build.id };
  return (
    <div className="space-y-3">
      <p className="text-soft">{t.damage.advice}</p>
      <InlineError error={error} />
      <div className="flex flex-wrap gap-3">
        <ConfirmButton
          label={t.damage.publish}
          question={t.damage.publishSure}
          yes={t.damage.publish}
          no={t.film.cancel}
          disabled={working}
          onConfirm={() => run(() => api.post("/api/admin/builds/{id}/publish", { path }))}
        />
        <ConfirmButton
          label={t.damage.delete}
          question={build.kind === "dub" ? t.damage.deleteDubSure : t.damage.deleteSure}
          yes={t.damage.delete}
          no={t.damage.keep}
          disabled={working}
          onConfirm={() => run(() => api.delete("/api/admin/builds/{id}", { path }))}
        />
      </div>
    </div>
  );
}
