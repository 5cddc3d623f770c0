/** Encodes a stored master again with the film's present profile. */
import { useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { ConfirmButton } from "../../ui/button";
import { ReplayIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";
import { useAction } from "../use-action";
import { useOpenFilm } from "./open-film";

export function EncodeAgain({ fileId, name }: { fileId: string; name?: string }) {
  const { t } = useEditorLanguage();
  const { film, reload } = useOpenFilm();
  const { working, error, run } = useAction();
  const encode = () =>
    run(async () => {
      await api.post("/api/admin/files/{id}/encode", { path: { id: fileId } });
      reload();
    });
  return (
    <div className="space-y-2">
      <InlineError error={error} />
      <ConfirmButton
        label={
          <>
            <ReplayIcon className="size-5" />
            {t.builds.encodeAgain}
          </>
        }
        {...(name !== undefined && { name: t.builds.encodeAgainOf(name) })}
        question={t.builds.encodeAgainSure(film.profile)}
        yes={t.builds.encodeAgain}
        no={t.film.cancel}
        disabled={working}
        onConfirm={encode}
      />
    </div>
  );
}
