/** `/admin/figures`: what is watched, by day, film and device. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { count, percentOf, shortDuration } from "../../lib/format";
import { useTitle } from "../../lib/use-title";
import { api, session } from "../../session";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { DownloadIcon } from "../../ui/icons";
import { ErrorNotice, InlineError, Working } from "../../ui/notice";
import { DataTable } from "../data-table";
import { saveFile } from "../save-file";
import { sendFile } from "../send-file";
import { DayChart } from "./day-chart";
import { byDay, byDevice, byFilm, type DeviceTotals, type FilmTotals, type Totals, totalOf } from "./totals";

const SHOWN_DAYS = 28;
const DAY_MS = 86_400_000;

export function FiguresPage() {
  const { t, language } = useEditorLanguage();
  useTitle(t.figures.title);
  const [period, setPeriod] = useState(() => ({ first: dayText(SHOWN_DAYS - 1), last: dayText(0) }));
  const isWrong = period.first === "" || period.last === "" || period.first > period.last;
  const query = { first_day: period.first, last_day: period.last };
  const figures = useQuery({
    queryKey: ["admin-figures", period],
    queryFn: ({ signal }) => api.get("/api/admin/figures", { query, signal }),
    enabled: !isWrong,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const download = useMutation({
    mutationFn: async () => {
      const text = await sendFile(session, {
        method: "GET",
        url: `/api/admin/figures?${new URLSearchParams({ ...query, format: "csv" })}`,
      });
      saveFile(`nang-figures-${period.first}-${period.last}.csv`, text, "text/csv");
    },
  });
  if (figures.isPending && !isWrong) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (figures.isError) {
    return <ErrorNotice error={figures.error} onRetry={() => figures.refetch()} />;
  }
  const items = figures.data?.items ?? [];
  const days = byDay(items, figures.data?.first_day ?? period.first, figures.data?.last_day ?? period.last);
  const total = totalOf(items);
  const columns = [
    { name: t.figures.plays, cell: ({ plays }: Totals) => count(plays) },
    { name: t.figures.watched, cell: ({ watchedMs }: Totals) => shortDuration(watchedMs, t) },
    {
      name: t.figures.completion,
      cell: ({ completed, plays }: Totals) => `${percentOf(completed, plays)} %`,
    },
  ];
  return (
    <div className="space-y-8">
      <h1 className="text-2xl font-bold sm:text-3xl">{t.figures.title}</h1>
      <div className="flex flex-wrap items-end gap-3">
        {(["first", "last"] as const).map((end) => (
          <Field
            key={end}
            type="date"
            label={t.figures[end]}
            value={period[end]}
            max={dayText(0)}
            problem={end === "last" && isWrong ? t.figures.wrongPeriod : null}
            onChange={(event) => setPeriod({ ...period, [end]: event.currentTarget.value })}
          />
        ))}
        <Button disabled={download.isPending || isWrong} onClick={() => download.mutate()}>
          <DownloadIcon className="size-5" />
          {t.figures.csv}
        </Button>
      </div>
      <InlineError error={download.error} />
      <dl className="grid gap-3 sm:grid-cols-3">
        {columns.map(({ name, cell }) => (
          <div key={name} className="rounded-2xl border border-line bg-stage p-4">
            <dt className="text-sm text-muted">{name}</dt>
            <dd className="text-2xl font-semibold tabular-nums">{cell(total)}</dd>
          </div>
        ))}
      </dl>
      {items.length === 0 ? (
        <p className="text-soft">{t.figures.empty}</p>
      ) : (
        <>
          <DayChart
            title={t.figures.playsByDay}
            days={days.map(({ day, plays }) => ({ day, value: plays }))}
            text={count}
          />
          <DayChart
            title={t.figures.watchedByDay}
            days={days.map(({ day, watchedMs }) => ({ day, value: watchedMs }))}
            text={(value) => shortDuration(value, t)}
          />
          <section className="space-y-3">
            <h2 className="text-lg font-semibold">{t.figures.byFilm}</h2>
            <DataTable<FilmTotals>
              label={t.figures.byFilm}
              rows={byFilm(items)}
              keyOf={({ filmId }) => filmId}
              columns={[
                {
                  name: t.filmTable.film,
                  isHeading: true,
                  cell: ({ titles }) => {
                    const title = titleOf(titles, language, t.films.untitled);
                    return <span lang={title.lang}>{title.text}</span>;
                  },
                },
                ...columns,
              ]}
            />
          </section>
          <section className="space-y-3">
            <h2 className="text-lg font-semibold">{t.figures.byDevice}</h2>
            <DataTable<DeviceTotals>
              label={t.figures.byDevice}
              rows={byDevice(items)}
              keyOf={({ device }) => device}
              columns={[
                {
                  name: t.figures.device,
                  isHeading: true,
                  cell: ({ device }) =>
                    (t.figures.devices as Record<string, string>)[device] ?? t.figures.devices.other,
                },
                ...columns,
              ]}
            />
          </section>
        </>
      )}
    </div>
  );
}

/** The UTC date so many days ago. */
function dayText(daysAgo: number): string {
  return new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
}
