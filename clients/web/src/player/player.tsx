/** The player: the video, its overlays and its controls. Used on the film's page and for an admin's preview. */
import { type MouseEvent, type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { outbox } from "../heartbeats";
import { currentLanguage, useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import { storageOrNull } from "../lib/storage";
import { session } from "../session";
import { screenArt } from "../ui/screen-art";
import { ControlBar, type MenuName } from "./control-bar";
import { KeyboardHelp } from "./keyboard-help";
import type { PlayerAction } from "./keys";
import { Failed, Feedback, LostConnection, Start, TouchControls, Waiting } from "./overlays";
import { Playback } from "./playback";
import { playbackSessionApi } from "./playback-session-api";
import type { PlaybackState } from "./playback-state";
import { browserResumeStore } from "./resume";
import { SubtitleOverlay } from "./subtitle-overlay";
import { trackLabels, trackText } from "./track-labels";
import { TrackPreferenceStore } from "./track-preferences";
import { useAutoHide } from "./use-auto-hide";
import { useFullscreen } from "./use-fullscreen";
import { usePlayerKeys } from "./use-player-keys";

/** A position to play from. A new object is a new jump, also to the same position. */
export interface Jump {
  seconds: number;
}

export interface PlayerProps {
  filmId: string;
  title: string;
  durationMs: number | null;
  /** Whether keyboard shortcuts work on the whole page; otherwise only while the player has the focus. */
  wholePageKeys: boolean;
  /** A preview is not reported, and its position is not saved. */
  isPreview?: boolean;
  /** Shown until the first frame. */
  art?: ReactNode;
  jump?: Jump | null;
}

export function Player({
  filmId,
  title,
  durationMs,
  wholePageKeys,
  isPreview = false,
  art,
  jump = null,
}: PlayerProps) {
  const { t } = useLanguage();
  const container = useRef<HTMLElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [playback, setPlayback] = useState<Playback | null>(null);
  /** Until the first frame the video is transparent and shows the film's colours behind it. */
  const [hasFrame, setHasFrame] = useState(false);

  useEffect(() => {
    if (!video.current) {
      return;
    }
    const ownerId = () => session.user?.id ?? null;
    const created = new Playback(video.current, {
      filmId,
      durationSeconds: (durationMs ?? 0) / 1000,
      sessionApi: playbackSessionApi,
      trackPreferences: new TrackPreferenceStore(storageOrNull("localStorage"), ownerId),
      pageLanguage: currentLanguage,
      record: isPreview ? null : { outbox, ownerId, resume: browserResumeStore() },
    });
    setPlayback(created);
    void created.prepare();
    return () => created.destroy();
  }, [filmId, durationMs, isPreview]);

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
      className="player screen-art relative flex aspect-video max-h-[calc(100dvh-5rem)] w-full items-center justify-center overflow-hidden select-none sm:rounded-2xl"
    >
      {!hasFrame && (art ?? <span className="woven-band absolute inset-x-0 top-0" aria-hidden="true" />)}
      {/* biome-ignore lint/a11y/useMediaCaption: films carry their own subtitles, if any, in the stream */}
      <video
        ref={video}
        className={`relative size-full object-contain ${hasFrame ? "bg-black" : ""}`}
        playsInline
        preload="none"
        onLoadedData={() => setHasFrame(true)}
      />
      {playback && (
        <Screen
          playback={playback}
          filmId={filmId}
          title={title}
          wholePageKeys={wholePageKeys}
          container={container}
          video={video}
        />
      )}
    </section>
  );
}

interface ScreenProps {
  playback: Playback;
  filmId: string;
  title: string;
  wholePageKeys: boolean;
  container: React.RefObject<HTMLElement | null>;
  video: React.RefObject<HTMLVideoElement | null>;
}

function Screen({ playback, filmId, title, wholePageKeys, container, video }: ScreenProps) {
  const state = useSyncExternalStore(playback.subscribe, playback.getState);
  const { isFullscreen, toggleFullscreen } = useFullscreen(container, video);
  const [menu, setMenu] = useState<MenuName | null>(null);
  const [controlsHeight, setControlsHeight] = useState(0);
  const [helpOpen, setHelpOpen] = useState(false);
  const {
    hidden: controlsHidden,
    show: showControls,
    hide: hideControls,
  } = useAutoHide(container, state.phase === "playing" && menu === null);
  const [feedback, showFeedback] = useFeedback();
  useMediaSession(title, playback);

  const describe = useActionText();
  usePlayerKeys(container, wholePageKeys, (action) => {
    showControls();
    const before = playback.getState();
    act(action, playback, { toggleFullscreen, showHelp: () => setHelpOpen(true) });
    showFeedback(describe(action, before, playback.getState()));
  });

  useEffect(() => {
    if (container.current) {
      container.current.dataset.phase = state.phase;
      container.current.dataset.controlsHidden = String(controlsHidden);
    }
  }, [container, state.phase, controlsHidden]);

  const onVideoClick = (event: MouseEvent) => {
    if ((event.nativeEvent as globalThis.PointerEvent).pointerType !== "touch") {
      playback.toggle();
    } else if (controlsHidden || state.phase !== "playing") {
      showControls();
    } else {
      hideControls();
    }
  };

  if (state.failure) {
    return (
      <Failed
        filmId={filmId}
        failure={state.failure}
        onRetry={() => {
          setMenu(null);
          playback.retry();
        }}
        onTakeOver={(sessionId) => void playback.takeOver(sessionId)}
      />
    );
  }
  const started = state.phase !== "idle";
  const choosesSubtitles = menu === "subtitles" || menu === "tracks";
  return (
    <div className="absolute inset-0">
      {started ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: a large additional play button; the control bar and the keyboard do the same
        // biome-ignore lint/a11y/useKeyWithClickEvents: see above
        <div className="absolute inset-0" onClick={onVideoClick} onDoubleClick={toggleFullscreen} />
      ) : (
        <Start playback={playback} state={state} />
      )}
      {started && (
        <div
          className={`pointer-events-none absolute inset-x-0 bottom-0 h-40 bg-linear-to-t from-black/90 via-black/45 to-transparent transition-opacity duration-300 ${controlsHidden ? "opacity-0" : ""}`}
        />
      )}
      {started && state.drawsSubtitles && (
        <SubtitleOverlay
          cues={state.cues}
          language={state.subtitleLanguage}
          size={state.subtitleSize}
          showsSample={choosesSubtitles && state.subtitleTrack !== null}
          video={video}
          controlsHeight={controlsHidden ? 0 : controlsHeight}
        />
      )}
      {state.waiting && state.retryAt === null && <Waiting />}
      {started && (
        <div
          className={`pointer-events-none absolute inset-0 flex flex-col justify-end transition-opacity duration-300 ${controlsHidden ? "invisible opacity-0" : ""}`}
        >
          {state.retryAt === null && !choosesSubtitles && <TouchControls playback={playback} state={state} />}
          <div className="relative">
            <ControlBar
              playback={playback}
              state={state}
              isFullscreen={isFullscreen}
              onFullscreen={toggleFullscreen}
              onHelp={() => setHelpOpen(true)}
              menu={menu}
              onHeight={setControlsHeight}
              onMenu={setMenu}
            />
          </div>
        </div>
      )}
      <Feedback>{feedback}</Feedback>
      {state.retryAt !== null && <LostConnection retryAt={state.retryAt} onRetry={() => playback.retry()} />}
      {helpOpen && <KeyboardHelp onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

interface PageActions {
  toggleFullscreen(): void;
  showHelp(): void;
}

function act(action: PlayerAction, playback: Playback, page: PageActions): void {
  const state = playback.getState();
  switch (action.do) {
    case "toggle":
      playback.toggle();
      break;
    case "seek-by":
      playback.seekBy(action.seconds);
      break;
    case "seek-to":
      playback.seekTo(action.fraction * state.durationSeconds);
      break;
    case "volume-by":
      playback.setVolume(changedVolume(state, action.change));
      break;
    case "mute":
      playback.setMuted(!state.muted);
      break;
    case "toggle-subtitles":
      playback.tracks.toggleSubtitles();
      break;
    case "fullscreen":
      page.toggleFullscreen();
      break;
    case "help":
      page.showHelp();
      break;
  }
}

/** Changes the volume in steps of 5 %, starting from 0 if the audio is muted. */
function changedVolume(state: PlaybackState, change: number): number {
  const volume = (state.muted ? 0 : state.volume) + change;
  return Math.min(1, Math.max(0, Math.round(volume * 20) / 20));
}

/** `before` and `after`: the state before and after the action. */
function useActionText(): (
  action: PlayerAction,
  before: PlaybackState,
  after: PlaybackState,
) => string | null {
  const { t, language } = useLanguage();
  return (action, before, after) => {
    switch (action.do) {
      case "seek-by":
      case "seek-to":
        return `${clockTime(after.positionSeconds)} / ${clockTime(after.durationSeconds)}`;
      case "volume-by":
        return t.player.volumeIs(Math.round(changedVolume(before, action.change) * 100));
      case "mute":
        return before.muted ? t.player.volumeIs(Math.round(before.volume * 100)) : t.player.muted;
      case "toggle-subtitles": {
        const labels = trackLabels(after.subtitleTracks, t, language);
        const chosen = labels[after.subtitleTracks.findIndex(({ key }) => key === after.subtitleTrack)];
        if (after.subtitleTracks.length === 0) {
          return after.phase === "idle" ? null : t.player.noSubtitles;
        }
        return t.player.subtitlesAre(chosen ? trackText(chosen) : t.player.off);
      }
      default:
        return null;
    }
  };
}

const FEEDBACK_MS = 1_200;

function useFeedback(): [string | null, (text: string | null) => void] {
  const [text, setText] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [
    text,
    (next) => {
      setText(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setText(null), FEEDBACK_MS);
    },
  ];
}

/** Shows the film's title and buttons on a phone's lock screen, and handles the buttons of headphones. */
function useMediaSession(title: string, playback: Playback): void {
  useEffect(() => {
    if (!("mediaSession" in navigator)) {
      return;
    }
    const { mediaSession } = navigator;
    mediaSession.metadata = new MediaMetadata({ title });
    mediaSession.setActionHandler("play", () => playback.play());
    mediaSession.setActionHandler("pause", () => playback.pause());
    mediaSession.setActionHandler("seekbackward", () => playback.seekBy(-10));
    mediaSession.setActionHandler("seekforward", () => playback.seekBy(10));
    return () => {
      mediaSession.metadata = null;
      for (const action of ["play", "pause", "seekbackward", "seekforward"] as const) {
        mediaSession.setActionHandler(action, null);
      }
    };
  }, [title, playback]);
}
