import { type Account, ApiError } from "@nang/api-client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLanguage } from "../../i18n/language";
import { api, session } from "../../session";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";
import { Panel } from "./panel";

/** The name by which the site calls the viewer. */
export function ProfileForm({ account }: { account: Account }) {
  const { t } = useLanguage();
  const [name, setName] = useState(account.display_name);
  const save = useMutation({
    mutationFn: (display_name: string) =>
      api.patch("/api/auth/me", {
        header: { "If-Match": `"${account.version}"` },
        body: { display_name },
      }),
    // The session has the account as it was when its token was issued.
    onSettled: () => session.refresh(),
  });
  const isEmpty = name.trim() === "";
  const isStale = save.error instanceof ApiError && save.error.status === 412;
  return (
    <Panel title={t.settings.profile}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isEmpty) {
            save.mutate(name.trim());
          }
        }}
      >
        <Field
          label={t.settings.name}
          value={name}
          autoComplete="name"
          maxLength={100}
          problem={isEmpty ? t.account.needName : null}
          onChange={(event) => {
            setName(event.currentTarget.value);
            save.reset();
          }}
        />
        <p>
          <span className="block text-sm text-soft">{t.settings.email}</span>
          <span className="break-all">{account.email}</span>
        </p>
        <InlineError error={isStale ? t.settings.stale : save.error} />
        <Button
          type="submit"
          kind="primary"
          disabled={save.isPending || name.trim() === account.display_name}
        >
          {save.isPending ? t.settings.saving : t.settings.save}
        </Button>
        <p role="status" className="text-leaf empty:hidden">
          {save.isSuccess && t.settings.saved}
        </p>
      </form>
    </Panel>
  );
}
