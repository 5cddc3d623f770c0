/** Bars by day. The numbers are also in a list for those who cannot see the bars, and in the file to download. */
import { useEditorLanguage } from "../../i18n/editor";
import { dateText } from "../../lib/dates";

const WIDTH = 720;
const HEIGHT = 180;
const TOP = 14;

interface DayChartProps {
  title: string;
  days: readonly { day: string; value: number }[];
  /** `3 h 20 min`, `12` */
  text(value: number): string;
}

export function DayChart({ title, days, text }: DayChartProps) {
  const { t, language } = useEditorLanguage();
  const highest = Math.max(...days.map(({ value }) => value), 0);
  const step = WIDTH / Math.max(1, days.length);
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure className="space-y-2 rounded-3xl border border-line bg-stage p-4 sm:p-6">
      <figcaption className="flex flex-wrap justify-between gap-2">
        <span className="font-semibold">{title}</span>
        <span className="text-sm text-muted">{t.figures.highest(text(highest))}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="h-auto w-full" aria-hidden="true">
        <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} stroke="var(--color-line)" />
        {days.map(({ day, value }, index) => {
          const height = highest > 0 ? ((HEIGHT - TOP) * value) / highest : 0;
          return (
            <rect
              key={day}
              x={index * step + step * 0.12}
              y={HEIGHT - height}
              width={step * 0.76}
              height={height}
              rx={Math.min(3, step * 0.2)}
              fill="var(--color-lamp)"
            >
              <title>{`${dateText(day, language)}: ${text(value)}`}</title>
            </rect>
          );
        })}
      </svg>
      {first && last && (
        <p aria-hidden="true" className="flex justify-between text-sm text-muted">
          <span>{dateText(first.day, language)}</span>
          <span>{dateText(last.day, language)}</span>
        </p>
      )}
      <ul className="sr-only">
        {days
          .filter(({ value }) => value > 0)
          .map(({ day, value }) => (
            <li key={day}>{`${dateText(day, language)}: ${text(value)}`}</li>
          ))}
      </ul>
    </figure>
  );
}
