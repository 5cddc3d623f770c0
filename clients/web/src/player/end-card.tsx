/** What a viewer may do while the credits run and after the end: the next film, watching again, or back. */
import type { Film } from "@nang/api-client";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { Poster } from "../catalogue/poster";
import { titleOf, useLanguage } from "../i18n/language";
import { Button } from "../ui/button";
import { BackIcon, CloseIcon, PlayIcon, ReplayIcon } from "../ui/icons";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";

interface EndCardProps {
  playback: Playback;
  state: PlaybackState;
  onNextFilm(film: Film): void;
}

export function EndCard({ playback, state, onNextFilm }: EndCardProps) {
  const { phase, creditsSeconds, positionSeconds, nextFilm } = state;
  const [isDismissed, setDismissed] = useState(false);
  if (phase === "ended") {
    return <AfterEnd playback={playback} nextFilm={nextFilm} onNextFilm={onNextFilm} />;
  }
  const areCreditsRunning = creditsSeconds !== null && positionSeconds >= creditsSeconds;
  return areCreditsRunning && nextFilm && !isDismissed ? (
    <DuringCredits film={nextFilm} onNextFilm={onNextFilm} onDismiss={() => setDismissed(true)} />
  ) : null;
}

interface DuringCreditsProps {
  film: Film;
  onNextFilm(film: Film): void;
  onDismiss(): void;
}

/** In a corner, so that the credits stay readable. */
function DuringCredits({ film, onNextFilm, onDismiss }: DuringCreditsProps) {
  const { t } = useLanguage();
  return (
    <aside
      aria-label={t.player.nextFilm}
      className="absolute right-2 bottom-24 flex items-center gap-2 rounded-2xl bg-night/90 p-2 shadow-xl sm:right-4"
    >
      <NextFilmButton film={film} onNextFilm={onNextFilm} />
      <button
        type="button"
        aria-label={t.player.watchCredits}
        onClick={onDismiss}
        className="grid size-11 shrink-0 place-items-center rounded-full hover:bg-white/15"
      >
        <CloseIcon className="size-5" />
      </button>
    </aside>
  );
}

function AfterEnd({
  playback,
  nextFilm,
  onNextFilm,
}: Omit<EndCardProps, "state"> & { nextFilm: Film | null }) {
  const { t } = useLanguage();
  const { history } = useRouter();
  return (
    <div className="pointer-events-none absolute inset-0 flex flex-col items-center justify-center gap-3 bg-night/70 pb-14">
      {nextFilm && (
        <div className="pointer-events-auto max-w-[90%] rounded-2xl bg-night/80">
          <NextFilmButton film={nextFilm} onNextFilm={onNextFilm} />
        </div>
      )}
      <div className="pointer-events-auto flex flex-wrap justify-center gap-3">
        <Button onClick={() => playback.play()}>
          <ReplayIcon className="size-5" />
          {t.player.replay}
        </Button>
        <Button onClick={() => history.back()}>
          <BackIcon className="size-5" />
          {t.player.back}
        </Button>
      </div>
    </div>
  );
}

function NextFilmButton({ film, onNextFilm }: { film: Film; onNextFilm(film: Film): void }) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <button
      type="button"
      onClick={() => onNextFilm(film)}
      className="group flex min-w-0 items-center gap-3 rounded-xl p-2 text-left hover:bg-white/10"
    >
      <span className="w-10 shrink-0 max-xs:hidden">
        <Poster film={film} sizes="2.5rem" />
      </span>
      <span className="min-w-0">
        <span className="block text-sm text-soft">{t.player.nextFilm}</span>
        <span lang={title.lang} className="title line-clamp-2 font-semibold">
          {title.text}
        </span>
      </span>
      <PlayIcon className="size-7 text-lamp" />
    </button>
  );
}
