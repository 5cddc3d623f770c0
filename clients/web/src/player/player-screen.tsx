/** Everything over the video: what takes clicks and touches, subtitles, messages, the controls. */
import type { Film } from "@nang/api-client";
import { useNavigate } from "@tanstack/react-router";
import {
  type RefObject,
  useCallback,
  useDeferredValue,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";
import { ControlBar, type MenuName } from "./control-bar";
import { EndCard } from "./end-card";
import { KeyboardHelp } from "./keyboard-help";
import { playNext } from "./next-film";
import { Failed, Feedback, LostConnection, Start, TouchControls, Waiting } from "./overlays";
import type { Playback } from "./playback";
import { act, useActionText } from "./player-actions";
import { StatsOverlay } from "./stats-overlay";
import { SubtitleOverlay } from "./subtitle-overlay";
import { useAutoHide } from "./use-auto-hide";
import { useFeedback } from "./use-feedback";
import { useFullscreen } from "./use-fullscreen";
import { useMediaSession } from "./use-media-session";
import { usePictureInPicture } from "./use-picture-in-picture";
import { usePlayerKeys } from "./use-player-keys";
import { useRemotePlayback } from "./use-remote-playback";
import { useWakeLock } from "./use-wake-lock";
import { VideoLayer } from "./video-layer";

interface PlayerScreenProps {
  playback: Playback;
  filmId: string;
  /** For the lock screen. */
  shown: { title: string; subtitle?: string | undefined; artwork?: string | undefined };
  wholePageKeys: boolean;
  container: RefObject<HTMLElement | null>;
  video: RefObject<HTMLVideoElement | null>;
}

export function PlayerScreen({
  playback,
  filmId,
  shown,
  wholePageKeys,
  container,
  video,
}: PlayerScreenProps) {
  const state = useSyncExternalStore(playback.subscribe, playback.getState);
  const { isFullscreen, toggleFullscreen } = useFullscreen(container, video);
  const pictureInPicture = usePictureInPicture(video);
  const remote = useRemotePlayback(video);
  const [menu, setMenu] = useState<MenuName | null>(null);
  const [controlsHeight, setControlsHeight] = useState(0);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [areStatsOpen, setStatsOpen] = useState(false);
  const {
    hidden: controlsHidden,
    show: showControls,
    hide: hideControls,
  } = useAutoHide(container, state.phase === "playing" && menu === null);
  const [feedback, showFeedback] = useFeedback();
  const openFilm = useOpenFilm();
  const { nextFilm } = state;
  const playNextFilm = useCallback(() => nextFilm && openFilm(nextFilm), [nextFilm, openFilm]);
  const started = state.phase !== "idle";
  // Rendered in small steps after the press: the first segments do not wait for them.
  const hasControls = useDeferredValue(started) && started;
  useMediaSession(shown, playback, state, nextFilm ? playNextFilm : null);
  useWakeLock(state.phase === "playing");
  useWholeFrame(container, started);

  const describe = useActionText();
  usePlayerKeys(container, wholePageKeys, (action) => {
    showControls();
    const before = playback.getState();
    act(action, playback, {
      toggleFullscreen,
      togglePictureInPicture: pictureInPicture.toggle,
      playNextFilm,
      toggleStats: () => setStatsOpen((isOpen) => !isOpen),
      showHelp: () => setHelpOpen(true),
    });
    showFeedback(describe(action, before, playback.getState()));
  });

  useEffect(() => {
    if (container.current) {
      container.current.dataset.phase = state.phase;
      container.current.dataset.controlsHidden = String(controlsHidden);
    }
  }, [container, state.phase, controlsHidden]);

  const onTap = () => {
    if (controlsHidden || state.phase !== "playing") {
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
  const choosesSubtitles = menu === "subtitles" || menu === "tracks";
  return (
    <div className="absolute inset-0">
      {!started && <Start playback={playback} state={state} />}
      {hasControls && (
        <VideoLayer
          playback={playback}
          isFullscreen={isFullscreen}
          onFullscreen={toggleFullscreen}
          onTap={onTap}
          onFeedback={showFeedback}
        />
      )}
      {hasControls && (
        <div
          className={`pointer-events-none absolute inset-x-0 bottom-0 h-40 bg-linear-to-t from-black/90 via-black/45 to-transparent transition-opacity duration-300 ${controlsHidden ? "opacity-0" : ""}`}
        />
      )}
      {started && state.drawsSubtitles && (
        <SubtitleOverlay
          cues={state.cues}
          language={state.subtitleLanguage}
          style={state.subtitleStyle}
          showsSample={choosesSubtitles && state.subtitleTrack !== null}
          video={video}
          controlsHeight={controlsHidden ? 0 : controlsHeight}
        />
      )}
      {state.waiting && !state.isLost && <Waiting />}
      {hasControls && <EndCard playback={playback} state={state} onNextFilm={openFilm} />}
      {hasControls && (
        <div
          className={`pointer-events-none absolute inset-0 flex flex-col justify-end transition-opacity duration-300 ${controlsHidden ? "invisible opacity-0" : ""}`}
        >
          {!state.isLost && !choosesSubtitles && state.phase !== "ended" && (
            <TouchControls playback={playback} state={state} />
          )}
          <div className="relative">
            <ControlBar
              playback={playback}
              state={state}
              isFullscreen={isFullscreen}
              onFullscreen={toggleFullscreen}
              settings={{
                pictureInPicture,
                remote,
                onStats: () => setStatsOpen(true),
                onHelp: () => setHelpOpen(true),
              }}
              menu={menu}
              onHeight={setControlsHeight}
              onMenu={setMenu}
            />
          </div>
        </div>
      )}
      <Feedback>{feedback}</Feedback>
      {state.isLost && <LostConnection retryAt={state.retryAt} onRetry={() => playback.retry()} />}
      {areStatsOpen && started && <StatsOverlay playback={playback} onClose={() => setStatsOpen(false)} />}
      {isHelpOpen && <KeyboardHelp onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

/** Opens the page of another film, whose player starts by itself. */
function useOpenFilm(): (film: Film) => void {
  const navigate = useNavigate();
  return useCallback(
    ({ id, slug }) => {
      playNext(id);
      void navigate({ to: "/films/$film", params: { film: slug } });
    },
    [navigate],
  );
}

/** On a phone held sideways the header leaves too little height, so the page scrolls to the video when it starts. */
function useWholeFrame(container: RefObject<HTMLElement | null>, started: boolean): void {
  useEffect(() => {
    if (started && matchMedia("(max-height: 30rem) and (orientation: landscape)").matches) {
      container.current?.scrollIntoView({ block: "start" });
    }
  }, [container, started]);
}
