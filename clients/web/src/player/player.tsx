/** The player: the video, its overlays and its controls. Used on the film's page and for an admin's preview. */
import { type ReactNode, startTransition, useEffect, useRef, useState } from "react";
import { browserPreferences } from "../account/preference-sync";
import { FILM_FRAME } from "../catalogue/first-screen";
import { outbox } from "../heartbeats";
import { currentLanguage, useLanguage } from "../i18n/language";
import { session } from "../session";
import { screenArt } from "../ui/screen-art";
import { takeNext } from "./next-film";
import { Playback } from "./playback";
import { type PlaybackSessionApi, playbackSessionApi } from "./playback-session-api";
import { PlayerScreen } from "./player-screen";
import { browserResumeStore } from "./resume";
import { urgentImages } from "./urgent-images";

/** A position to play from. A new object is a new jump, also to the same position. */
export interface Jump {
  seconds: number;
}

export interface PlayerProps {
  filmId: string;
  title: string;
  /** For the lock screen, below the title. */
  subtitle?: string | undefined;
  /** Address of an image for the lock screen. */
  artwork?: string | undefined;
  durationMs: number | null;
  /** Whether keyboard shortcuts work on the whole page; otherwise only while the player has the focus. */
  wholePageKeys: boolean;
  /** A preview is not reported, and its position is not saved. */
  isPreview?: boolean;
  /** How playback sessions are opened; a new object loads the film again. */
  sessionApi?: PlaybackSessionApi | undefined;
  /** Shown until the first frame. */
  art?: ReactNode;
  jump?: Jump | null;
}

export function Player({
  filmId,
  title,
  subtitle,
  artwork,
  durationMs,
  wholePageKeys,
  isPreview = false,
  sessionApi = playbackSessionApi,
  art,
  jump = null,
}: PlayerProps) {
  const { t } = useLanguage();
  const container = useRef<HTMLElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [playback, setPlayback] = useState<Playback | null>(null);
  /** Until it plays the video is transparent and shows the film's colours behind it. */
  const [hasPlayed, setHasPlayed] = useState(false);

  useEffect(() => {
    if (!video.current) {
      return;
    }
    const ownerId = () => session.user?.id ?? null;
    const created = new Playback(video.current, {
      filmId,
      durationSeconds: (durationMs ?? 0) / 1000,
      sessionApi,
      preferences: browserPreferences,
      pageLanguage: currentLanguage,
      record: isPreview ? null : { outbox, ownerId, resume: browserResumeStore() },
    });
    // The first paint of a page does not wait for the controls.
    startTransition(() => setPlayback(created));
    const teardown = new AbortController();
    if (takeNext(filmId)) {
      created.play();
    } else {
      // What the page shows first has the link for itself. Pressing play does not wait for it.
      void urgentImages().then(() => (teardown.signal.aborted ? undefined : created.prepare()));
    }
    return () => {
      teardown.abort();
      created.destroy();
    };
  }, [filmId, durationMs, isPreview, sessionApi]);

  useEffect(() => {
    if (playback && jump) {
      container.current?.scrollIntoView({ block: "nearest" });
      playback.seekTo(jump.seconds);
      playback.play();
    }
  }, [playback, jump]);

  return (
    <section
      ref={container}
      aria-label={t.player.region(title)}
      data-theme="dark"
      style={screenArt(filmId)}
      className={`player screen-art ${FILM_FRAME}`}
    >
      {!hasPlayed && (art ?? <span className="woven-band absolute inset-x-0 top-0" aria-hidden="true" />)}
      {/* biome-ignore lint/a11y/useMediaCaption: films carry their own subtitles, if any, in the stream */}
      <video
        ref={video}
        className={`relative size-full object-contain ${hasPlayed ? "bg-black" : "opacity-0"}`}
        playsInline
        preload="none"
        onPlaying={() => setHasPlayed(true)}
      />
      {playback && (
        <PlayerScreen
          playback={playback}
          filmId={filmId}
          shown={{ title, subtitle, artwork }}
          wholePageKeys={wholePageKeys}
          container={container}
          video={video}
        />
      )}
    </section>
  );
}
