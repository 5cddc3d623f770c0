/** The progress of the encoding, in frames and jobs, and the estimated remaining time. */
import type { Build } from "@nang/api-client";
import { useEffect, useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { count, longDuration, percentOf } from "../lib/format";
import { SteadyTime } from "../lib/steady-time";
import { TransferRate } from "../lib/transfer-rate";
import { api } from "../session";
import { ConfirmButton } from "../ui/button";
import { Meter } from "../ui/meter";
import { InlineError } from "../ui/notice";
import { useAction } from "./use-action";

export function EncodingProgress({ build }: { build: Build }) {
  const { t } = useEditorLanguage();
  const { frames_done, frames_total, jobs_done, jobs_total, jobs_running } = build.progress;
  const remainingMs = useRemaining(frames_done, frames_total);
  const { working, error, run } = useAction();
  const cancel = () => run(() => api.post("/api/admin/builds/{id}/cancel", { path: { id: build.id } }));
  return (
    <div className="space-y-4">
      <p className="flex items-baseline justify-between gap-4">
        <span className="font-semibold">{t.admin.status.encoding}</span>
        <span className="text-3xl font-bold tabular-nums">{percentOf(frames_done, frames_total)} %</span>
      </p>
      <Meter label={t.film.encodingProgress} done={frames_done} total={frames_total} className="h-3" />
      <p className="flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted tabular-nums">
        <span>{t.film.frames(count(frames_done), count(frames_total))}</span>
        <span>{t.film.jobs(jobs_done, jobs_total)}</span>
        {jobs_running > 0 && <span>{t.film.running(jobs_running)}</span>}
        {remainingMs !== null && <span>{t.duration.left(longDuration(Math.max(1000, remainingMs), t))}</span>}
      </p>
      <p className="text-muted">{t.film.encodingText}</p>
      <InlineError error={error} />
      <ConfirmButton
        label={t.film.cancelBuild}
        question={t.film.cancelSure}
        yes={t.film.cancelBuild}
        no={t.film.keepEncoding}
        disabled={working}
        onConfirm={cancel}
      />
    </div>
  );
}

function useRemaining(done: number, total: number): number | null {
  const [rate] = useState(() => new TransferRate());
  const [steady] = useState(() => new SteadyTime());
  const [remaining, setRemaining] = useState<number | null>(null);
  useEffect(() => {
    rate.add(performance.now(), done);
    setRemaining(steady.show(performance.now(), rate.remainingMs(total)));
  }, [rate, steady, done, total]);
  return remaining;
}
