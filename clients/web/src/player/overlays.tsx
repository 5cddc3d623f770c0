/** Overlays of the video: the start, waiting, a lost connection, a failure. */
import type { ActiveSession } from "@nang/api-client";
import { type ReactNode, useEffect, useState } from "react";
import { titleOf, useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import { Button, ButtonLink } from "../ui/button";
import {
  AlertIcon,
  Back10Icon,
  Forward10Icon,
  NoSignalIcon,
  PauseIcon,
  PlayIcon,
  ReplayIcon,
} from "../ui/icons";
import type { Failure } from "./failure";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";

interface StartProps {
  playback: Playback;
  state: PlaybackState;
}

/** Shown before the first frame: a large button, and the choice to resume or to start from the beginning. */
export function Start({ playback, state }: StartProps) {
  const { t } = useLanguage();
  const anticipate = () => void playback.anticipate();
  const resuming = state.resumeSeconds > 0;
  const label = resuming ? t.player.continueFrom(clockTime(state.resumeSeconds)) : t.player.play;
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-1 sm:gap-4">
      <button
        type="button"
        aria-label={label}
        onClick={() => playback.play()}
        onPointerEnter={anticipate}
        onPointerDown={anticipate}
        onFocus={anticipate}
        className="group flex flex-col items-center gap-2 rounded-3xl p-1 sm:gap-3 sm:p-3"
      >
        <span
          className={`grid place-items-center rounded-full bg-lamp text-on-lamp shadow-[0_0_60px_rgb(242_184_75/0.45)] transition-transform duration-200 group-hover:scale-105 sm:size-28 ${resuming ? "size-16" : "size-20"}`}
        >
          <PlayIcon className="ml-1 size-10 sm:size-14" />
        </span>
        {resuming && <span className="rounded-full bg-night/70 px-4 py-1 font-semibold">{label}</span>}
      </button>
      {resuming && (
        <button
          type="button"
          onClick={() => playback.play(0)}
          className="flex min-h-11 items-center gap-2 rounded-full bg-night/40 px-4 text-soft hover:bg-night/70 hover:text-ink"
        >
          <ReplayIcon className="size-5" />
          {t.player.fromStart}
        </button>
      )}
    </div>
  );
}

const SPINNER_AFTER_MS = 250;
const SLOW_AFTER_MS = 6_000;

/** Shows a spinner after a short wait, and a text after a long one. */
export function Waiting() {
  const { t } = useLanguage();
  const [stage, setStage] = useState<"none" | "spinner" | "slow">("none");
  useEffect(() => {
    const spinner = setTimeout(() => setStage("spinner"), SPINNER_AFTER_MS);
    const slow = setTimeout(() => setStage("slow"), SLOW_AFTER_MS);
    return () => {
      clearTimeout(spinner);
      clearTimeout(slow);
    };
  }, []);
  if (stage === "none") {
    return null;
  }
  return (
    <div
      role="status"
      className="pointer-events-none absolute inset-0 flex flex-col items-center justify-center gap-4"
    >
      <span className="spinner size-16" aria-hidden="true" />
      {stage === "slow" ? (
        <span className="max-w-xs rounded-xl bg-night/80 px-4 py-2 text-center text-sm">{t.player.slow}</span>
      ) : (
        <span className="sr-only">{t.player.loading}</span>
      )}
    </div>
  );
}

/** The large buttons in the middle, for touch screens. */
export function TouchControls({ playback, state }: { playback: Playback; state: PlaybackState }) {
  const { t } = useLanguage();
  const round = "pointer-events-auto grid place-items-center rounded-full bg-night/55 active:bg-night/80";
  const playing = state.phase === "playing";
  return (
    <div className="pointer-events-none absolute inset-0 hidden items-center justify-center gap-7 pb-8 pointer-coarse:flex">
      <button
        type="button"
        className={`${round} size-13`}
        aria-label={t.player.back10}
        onClick={() => playback.seekBy(-10)}
      >
        <Back10Icon className="size-7" />
      </button>
      <button
        type="button"
        className={`${round} size-17 ${state.waiting ? "invisible" : ""}`}
        aria-label={playing ? t.player.pause : t.player.play}
        onClick={() => playback.toggle()}
      >
        {playing ? (
          <PauseIcon className="size-9" />
        ) : state.phase === "ended" ? (
          <ReplayIcon className="size-9" />
        ) : (
          <PlayIcon className="size-9" />
        )}
      </button>
      <button
        type="button"
        className={`${round} size-13`}
        aria-label={t.player.forward10}
        onClick={() => playback.seekBy(10)}
      >
        <Forward10Icon className="size-7" />
      </button>
    </div>
  );
}

interface LostConnectionProps {
  /** Null during a retry. */
  retryAt: number | null;
  onRetry(): void;
}

/** Tells the viewer that the connection is lost, until something is loaded again. What is buffered continues to play below. */
export function LostConnection({ retryAt, onRetry }: LostConnectionProps) {
  const { t } = useLanguage();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <div
      role="status"
      className="absolute inset-x-2 top-2 flex flex-wrap items-center justify-center gap-x-3 gap-y-1 rounded-2xl bg-night/90 px-4 py-1.5 text-sm sm:inset-x-auto sm:top-4 sm:left-1/2 sm:-translate-x-1/2"
    >
      <NoSignalIcon className="size-5 text-accent" />
      <span>{t.player.lost}</span>
      <span className="text-soft" aria-hidden="true">
        {seconds > 0 ? t.player.retryIn(seconds) : t.player.retrying}
      </span>
      <button
        type="button"
        onClick={onRetry}
        className="min-h-11 rounded px-1 font-semibold text-accent-strong underline underline-offset-4"
      >
        {t.player.retryNow}
      </button>
    </div>
  );
}

interface FailedProps {
  filmId: string;
  failure: Failure;
  onRetry(): void;
  /** Ends the account's playback session on another device and plays here. */
  onTakeOver(sessionId: string): void;
}

export function Failed({ filmId, failure, onRetry, onTakeOver }: FailedProps) {
  const { t, language } = useLanguage();
  const texts = t.player.failed;
  const { kind, detail, running } = failure;
  return (
    <div
      role="alert"
      className="absolute inset-0 flex flex-col items-center overflow-y-auto bg-stage/95 px-4 py-2 text-center sm:px-6 sm:py-3"
    >
      <div className="my-auto flex flex-col items-center gap-2 sm:gap-4">
        <AlertIcon className={`text-accent sm:size-12 ${running ? "size-0" : "size-8"}`} />
        <p className="font-semibold text-balance sm:text-xl">{texts[kind]}</p>
        {running ? (
          <RunningElsewhere running={running} />
        ) : (
          <p className="max-w-md text-sm text-soft sm:text-base">
            {(language === "en" && detail) || texts[`${kind}Hint`]}
          </p>
        )}
        {kind === "login" ? (
          <ButtonLink to="/login" search={{ to: `/films/${filmId}` }} kind="primary">
            {t.login.title}
          </ButtonLink>
        ) : running ? (
          <Button kind="primary" onClick={() => onTakeOver(running.id)}>
            {texts.stopThere}
          </Button>
        ) : (
          kind !== "unsupported" && (
            <Button kind="primary" onClick={onRetry}>
              {kind === "elsewhere" ? texts.watchHere : t.errors.retry}
            </Button>
          )
        )}
      </div>
    </div>
  );
}

/** The playback session on another device: its film, its device and its start time. */
function RunningElsewhere({ running }: { running: ActiveSession }) {
  const { t, language } = useLanguage();
  const title = titleOf(running.titles, language, t.films.untitled);
  const since = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  return (
    <p className="max-w-md text-sm text-soft sm:text-base">
      <span lang={title.lang} className="font-semibold text-ink">
        {title.text}
      </span>
      <br />
      {t.player.failed.runningOn(
        running.device ?? t.player.failed.someDevice,
        since.format(new Date(running.started_at)),
      )}
    </p>
  );
}

/** Shows the effect of a keyboard shortcut. */
export function Feedback({ children }: { children: ReactNode }) {
  return (
    <p
      role="status"
      className="pointer-events-none absolute top-4 left-1/2 -translate-x-1/2 rounded-full bg-night/80 px-4 py-1 text-sm tabular-nums empty:hidden"
    >
      {children}
    </p>
  );
}
