import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";
import type { OneTimeLink } from "../users/link-dialog";

const DEFAULT_DAYS = "7";
const MAX_DAYS = 90;

interface PreviewLinkDialogProps {
  filmId: string;
  onClose(): void;
  onCreated(link: OneTimeLink): void;
}

/** Creates a preview link. */
export function PreviewLinkDialog({ filmId, onClose, onCreated }: PreviewLinkDialogProps) {
  const { t } = useEditorLanguage();
  const [days, setDays] = useState(DEFAULT_DAYS);
  const [note, setNote] = useState("");
  const [isChecked, setChecked] = useState(false);
  const isRight = /^\d+$/.test(days) && Number(days) >= 1 && Number(days) <= MAX_DAYS;
  const create = useMutation({
    mutationFn: () =>
      api.post("/api/admin/films/{id}/preview-links", {
        path: { id: filmId },
        body: { days: Number(days), ...(note.trim() !== "" && { note: note.trim() }) },
      }),
    onSuccess: onCreated,
  });
  return (
    <Dialog title={t.rights.previews.create} closeLabel={t.player.close} onClose={onClose}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (isRight) {
            create.mutate();
          }
        }}
      >
        <Field
          label={t.rights.previews.note}
          hint={t.rights.previews.noteHint}
          maxLength={100}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Field
          label={t.rights.previews.days}
          inputMode="numeric"
          value={days}
          problem={isChecked && !isRight ? t.rights.previews.wrongDays(MAX_DAYS) : null}
          onChange={(event) => setDays(event.currentTarget.value.trim())}
        />
        <InlineError error={create.error} />
        <Button type="submit" kind="primary" disabled={create.isPending}>
          {t.rights.previews.create}
        </Button>
      </form>
    </Dialog>
  );
}
