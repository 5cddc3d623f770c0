/** The renditions of a build with their measured bitrates, each beside the same one of another build if there is one to compare. */
import type { Build, Level, Rendition } from "@nang/api-client";
import type { CSSProperties, ReactNode } from "react";
import { type EditorDictionary, useEditorLanguage } from "../../i18n/editor";
import { bitrate, byteSize, decibels } from "../../lib/format";
import { DataTable } from "../data-table";

interface RenditionTableProps {
  build: Build;
  former?: Build | null;
}

export function RenditionTable({ build, former = null }: RenditionTableProps) {
  const { t } = useEditorLanguage();
  const highest = Math.max(1, ...build.renditions.map(({ peak_bps }) => peak_bps ?? 0));
  const formerOf = ({ kind, name }: Rendition) =>
    former?.renditions.find((other) => other.kind === kind && other.name === name) ?? null;
  return (
    <>
      <DataTable
        label={t.builds.renditions}
        rows={build.renditions}
        keyOf={({ kind, name }) => `${kind} ${name}`}
        columns={[
          {
            name: t.film.rendition,
            isHeading: true,
            cell: (rendition) => (
              <>
                {renditionLabel(rendition, t)}
                {rendition.width !== null && rendition.height !== null && (
                  <span className="font-normal text-muted">
                    {" "}
                    {rendition.width}×{rendition.height}
                  </span>
                )}
              </>
            ),
          },
          {
            name: t.film.average,
            cell: (rendition) => (
              <Compared
                now={rendition.average_bps}
                before={formerOf(rendition)?.average_bps ?? null}
                text={bitrate}
              >
                <BitrateBar average={rendition.average_bps} peak={rendition.peak_bps} highest={highest} />
              </Compared>
            ),
          },
          {
            name: t.film.peak,
            cell: (rendition) => (
              <Compared
                now={rendition.peak_bps}
                before={formerOf(rendition)?.peak_bps ?? null}
                text={bitrate}
              />
            ),
          },
          {
            name: t.film.size,
            cell: (rendition) => (
              <Compared
                now={rendition.size_bytes}
                before={formerOf(rendition)?.size_bytes ?? null}
                text={byteSize}
              />
            ),
          },
          { name: t.film.codecs, cell: ({ codecs }) => <span className="text-muted">{codecs ?? "–"}</span> },
          { name: t.film.loudness, cell: ({ level }) => (level ? levelText(level, t) : "–") },
        ]}
      />
      {build.renditions.some(({ level }) => level?.is_limited) && (
        <p className="pt-2 text-sm text-muted">* {t.film.limited}</p>
      )}
    </>
  );
}

interface ComparedProps {
  now: number | null;
  before: number | null;
  text(value: number): string;
  children?: ReactNode;
}

/** A value, and by how much it differs from the former build's. */
function Compared({ now, before, text, children }: ComparedProps) {
  if (now === null) {
    return "–";
  }
  return (
    <span>
      {text(now)}
      {before !== null && before > 0 && (
        <span className="block text-xs text-muted">
          {text(before)} · {percentChange(before, now)}
        </span>
      )}
      {children}
    </span>
  );
}

/** `+12 %`, `−3 %`, `0 %` */
export function percentChange(before: number, now: number): string {
  const percent = Math.round(((now - before) / before) * 100);
  return `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${Math.abs(percent)} %`;
}

/** The average as a bar, and the peak as a line. The numbers beside it say the same. */
function BitrateBar({
  average,
  peak,
  highest,
}: {
  average: number | null;
  peak: number | null;
  highest: number;
}) {
  if (average === null || peak === null) {
    return null;
  }
  const style = { "--average": average / highest, "--peak": peak / highest } as CSSProperties;
  return <span aria-hidden="true" className="bitrate-bar mt-1 block" style={style} />;
}

/** `−31.2 LUFS, gain +8.2 dB`; a star if the gain is limited by the true peak. */
function levelText(level: Level, t: EditorDictionary): string {
  if (level.integrated_lufs === null) {
    return t.film.silent;
  }
  const text = t.film.level(decibels(level.integrated_lufs), decibels(level.gain_db));
  return level.is_limited ? `${text} *` : text;
}

/** `720p`, as in the quality menu of the player. */
function renditionLabel({ kind, name, width, height }: Rendition, t: EditorDictionary): string {
  if (kind !== "video") {
    return `${kind === "audio" ? t.player.audio : t.tracks.subtitles} ${name}`;
  }
  return width !== null && height !== null ? `${Math.min(width, height)}p` : name;
}
