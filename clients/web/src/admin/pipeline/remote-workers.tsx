/** Remote workers, for admins: machines that encode with a token and know neither the database nor the storage. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblem } from "../../account/account-form";
import { useEditorLanguage } from "../../i18n/editor";
import { dateTimeText } from "../../lib/dates";
import { api } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";

const KEY = ["admin-workers"];
/** How often the times are updated at which the machines were last seen. */
const REFRESH_MS = 30_000;

export function RemoteWorkers() {
  const { t, language } = useEditorLanguage();
  const client = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const [token, setToken] = useState<string | null>(null);
  const { data, error } = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => api.get("/api/admin/workers", { signal }),
    staleTime: 0,
    refetchInterval: REFRESH_MS,
  });
  const refresh = () => client.invalidateQueries({ queryKey: KEY });
  const revoke = useMutation({
    mutationFn: (id: string) => api.delete("/api/admin/workers/{id}", { path: { id } }),
    onSettled: refresh,
  });
  const active = (data?.items ?? []).filter(({ revoked_at }) => revoked_at === null);
  return (
    <section className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 className="text-lg font-semibold">{t.pipeline.remote}</h2>
        <Button onClick={() => setAdding(true)}>{t.pipeline.addRemote}</Button>
      </div>
      <p className="text-soft">{t.pipeline.remoteText}</p>
      <InlineError error={error ?? revoke.error} />
      {active.length > 0 && (
        <ul className="divide-y divide-line rounded-3xl border border-line bg-stage">
          {active.map(({ id, name, used_at, used_by }) => (
            <li key={id} className="flex flex-wrap items-center justify-between gap-3 p-3 sm:px-5">
              <p className="min-w-0 break-all">
                {name}
                <span className="block text-sm text-muted">
                  {used_at === null
                    ? t.pipeline.remoteUnused
                    : t.pipeline.remoteUsed(used_by ?? "", dateTimeText(used_at, language))}
                </span>
              </p>
              <ConfirmButton
                label={t.pipeline.revoke}
                name={`${t.pipeline.revoke}: ${name}`}
                question={t.pipeline.revokeSure}
                yes={t.pipeline.revoke}
                no={t.catalogue.cancel}
                disabled={revoke.isPending}
                onConfirm={() => revoke.mutate(id)}
              />
            </li>
          ))}
        </ul>
      )}
      {isAdding && (
        <AddWorker
          onClose={() => setAdding(false)}
          onAdded={(created) => {
            setAdding(false);
            setToken(created);
            void refresh();
          }}
        />
      )}
      {token !== null && (
        <TokenDialog
          token={token}
          onClose={() => {
            setToken(null);
            // In the meantime, the machine may have used its token.
            void refresh();
          }}
        />
      )}
    </section>
  );
}

function AddWorker({ onClose, onAdded }: { onClose(): void; onAdded(token: string): void }) {
  const { t } = useEditorLanguage();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () => api.post("/api/admin/workers", { body: { name: name.trim() } }),
    onSuccess: (created) => onAdded(created.token),
  });
  const isWrong = fieldProblem(create.error, "name");
  return (
    <Dialog title={t.pipeline.addRemote} closeLabel={t.player.close} onClose={onClose}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Field
          label={t.pipeline.remoteName}
          hint={t.pipeline.remoteNameHint}
          problem={isWrong ? t.pipeline.remoteNameHint : null}
          autoCapitalize="none"
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            create.reset();
          }}
        />
        <InlineError error={isWrong ? null : create.error} />
        <Button type="submit" kind="primary" disabled={create.isPending}>
          {t.pipeline.createToken}
        </Button>
      </form>
    </Dialog>
  );
}

/** Shows the token, which the server returns only once, and the command for the machine. */
function TokenDialog({ token, onClose }: { token: string; onClose(): void }) {
  const { t } = useEditorLanguage();
  const command = `nang worker --server ${globalThis.location.origin} --token-file worker.token`;
  return (
    <Dialog title={t.pipeline.token} closeLabel={t.player.close} onClose={onClose}>
      <p className="mb-4 text-soft">{t.pipeline.tokenText}</p>
      <Field
        label={t.pipeline.token}
        value={token}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
        className="mb-4"
      />
      <Field
        label={t.pipeline.command}
        value={command}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
      />
    </Dialog>
  );
}
