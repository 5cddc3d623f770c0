import type { Job } from "@nang/api-client";
import { useEditorLanguage } from "../i18n/editor";

/** The name of a job in the language of the page. Chunks and tracks are numbered from one. */
export function useJobName(): (job: Pick<Job, "kind" | "index">) => string {
  const { t } = useEditorLanguage();
  return ({ kind, index }) => {
    const name = t.film.jobKind[kind];
    return typeof name === "string" ? name : name((index ?? 0) + 1);
  };
}
