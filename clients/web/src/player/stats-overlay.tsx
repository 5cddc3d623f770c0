/** Numbers about the playback, updated every second while they are shown. */
import { useEffect, useState } from "react";
import { useLanguage } from "../i18n/language";
import { bitrate, count } from "../lib/format";
import { CloseIcon } from "../ui/icons";
import type { Playback } from "./playback";

const EVERY_MS = 1_000;

export function StatsOverlay({ playback, onClose }: { playback: Playback; onClose(): void }) {
  const { t } = useLanguage();
  const texts = t.player.statsRows;
  const [stats, setStats] = useState(() => playback.stats());
  useEffect(() => {
    const timer = setInterval(() => setStats(playback.stats()), EVERY_MS);
    return () => clearInterval(timer);
  }, [playback]);
  const { frameSize, codecs, renditionBps, bufferSeconds, droppedFrames, shownFrames, linkBps, host } = stats;
  const rows: [string, string | null][] = [
    [texts.rendition, [frameSize, renditionBps && bitrate(renditionBps)].filter(Boolean).join(", ")],
    [texts.codecs, codecs],
    [texts.buffer, t.duration.secondsLong(Math.round(bufferSeconds))],
    [
      texts.dropped,
      droppedFrames === null ? null : texts.droppedOf(count(droppedFrames), count(shownFrames ?? 0)),
    ],
    [texts.link, linkBps === null ? null : bitrate(linkBps)],
    [texts.host, host],
  ];
  return (
    <section
      aria-label={t.player.stats}
      className="absolute top-2 left-2 max-w-[calc(100%-1rem)] rounded-xl bg-night/85 py-2 pr-12 pl-4 text-sm"
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-3">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="break-all tabular-nums">{value || "–"}</dd>
          </div>
        ))}
      </dl>
      <button
        type="button"
        aria-label={t.player.close}
        onClick={onClose}
        className="absolute top-0 right-0 grid size-11 place-items-center rounded-full hover:bg-white/15"
      >
        <CloseIcon className="size-5" />
      </button>
    </section>
  );
}
