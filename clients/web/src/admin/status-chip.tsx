import type { AdminFilm } from "@nang/api-client";
import type { ReactNode } from "react";
import { useEditorLanguage } from "../i18n/editor";
import type { Stage } from "./film-stage";

export type Tone = "plain" | "busy" | "good" | "wait" | "bad";

const TONES: Record<Tone, string> = {
  plain: "bg-raised text-soft",
  busy: "bg-river/15 text-river",
  good: "bg-leaf/15 text-leaf",
  wait: "bg-lamp/15 text-accent",
  bad: "bg-ember/15 text-ember",
};

export function Chip({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-2 rounded-full px-3 py-0.5 text-sm whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}

const STAGE_TONES: Record<Stage, Tone> = {
  empty: "plain",
  uploading: "busy",
  checking: "busy",
  analysing: "busy",
  encoding: "busy",
  publishing: "busy",
  ready: "good",
  damaged: "wait",
  cancelled: "wait",
  failed: "bad",
};

export function StageChip({ stage }: { stage: Stage }) {
  const { t } = useEditorLanguage();
  return <Chip tone={STAGE_TONES[stage]}>{t.admin.status[stage]}</Chip>;
}

export function VisibilityChip({ visibility }: { visibility: AdminFilm["visibility"] }) {
  const { t } = useEditorLanguage();
  return visibility === "public" ? (
    <Chip tone="good">{t.admin.public}</Chip>
  ) : (
    <Chip>{t.admin[visibility]}</Chip>
  );
}
