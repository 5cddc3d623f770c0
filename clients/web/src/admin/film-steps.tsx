/** The steps upload, check, encode, finish and ready, with the current one marked. */
import { useEditorLanguage } from "../i18n/editor";
import { CheckIcon } from "../ui/icons";
import type { Stage } from "./film-stage";

const STEP_OF: Record<Stage, number> = {
  empty: 0,
  uploading: 0,
  checking: 1,
  analysing: 1,
  encoding: 2,
  publishing: 3,
  ready: 5,
  damaged: 4,
  cancelled: -1,
  failed: -1,
};

export function FilmSteps({ stage }: { stage: Stage }) {
  const { t } = useEditorLanguage();
  const { upload, check, encode, finish, ready } = t.film.steps;
  const now = STEP_OF[stage];
  if (now < 0) {
    return null;
  }
  return (
    <ol aria-label={t.film.stepsLabel} className="flex">
      {[upload, check, encode, finish, ready].map((name, index) => {
        const state = index < now ? "done" : index === now ? "now" : "later";
        return (
          <li
            key={name}
            aria-current={state === "now" ? "step" : undefined}
            className="relative flex min-w-0 flex-1 flex-col items-center gap-1.5 text-center text-xs sm:text-sm"
          >
            {index > 0 && (
              <span
                aria-hidden="true"
                className={`absolute top-4 right-1/2 h-0.5 w-full -translate-y-1/2 ${state === "later" ? "bg-line" : "bg-lamp/70"}`}
              />
            )}
            <span
              className={`relative z-10 grid size-8 place-items-center rounded-full border-2 text-sm font-semibold ${
                state === "done"
                  ? "border-lamp bg-lamp text-on-lamp"
                  : state === "now"
                    ? "border-lamp bg-stage text-accent-strong shadow-[0_0_20px_rgb(242_184_75/0.4)]"
                    : "border-line bg-stage text-muted"
              }`}
            >
              {state === "done" ? <CheckIcon className="size-4.5" /> : index + 1}
            </span>
            <span
              className={
                state === "now" ? "font-semibold text-ink" : state === "done" ? "text-soft" : "text-muted"
              }
            >
              {name}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
