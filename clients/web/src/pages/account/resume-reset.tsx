import { useMutation, useQueryClient } from "@tanstack/react-query";
import { resumeQuery } from "../../catalogue/queries";
import { useLanguage } from "../../i18n/language";
import { api } from "../../session";
import { ConfirmButton } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { Panel } from "./panel";

/** Forgets where the viewer stopped, in all films. */
export function ResumeReset() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const clear = useMutation({
    mutationFn: () => api.delete("/api/resume"),
    onSettled: () => client.invalidateQueries({ queryKey: resumeQuery.queryKey }),
  });
  return (
    <Panel title={t.settings.positions} text={t.settings.resumeText}>
      <ConfirmButton
        label={t.settings.clearResume}
        question={t.settings.clearResumeSure}
        yes={t.settings.clearResume}
        no={t.lists.keep}
        disabled={clear.isPending}
        onConfirm={() => clear.mutate()}
      />
      <InlineError error={clear.error} />
      <p role="status" className="text-leaf empty:hidden">
        {clear.isSuccess && t.settings.cleared}
      </p>
    </Panel>
  );
}
