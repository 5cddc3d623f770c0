import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblem } from "../../account/account-form";
import { useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import type { OneTimeLink } from "./link-dialog";
import { ROLES, type Role } from "./users-query";

interface InviteDialogProps {
  onClose(): void;
  onCreated(link: OneTimeLink): void;
}

/** Creates an invitation for one account. */
export function InviteDialog({ onClose, onCreated }: InviteDialogProps) {
  const { t } = useEditorLanguage();
  const [role, setRole] = useState<Role>("viewer");
  const [email, setEmail] = useState("");
  const create = useMutation({
    mutationFn: () =>
      api.post("/api/admin/invitations", {
        body: { role, ...(email.trim() !== "" && { email: email.trim() }) },
      }),
    onSuccess: onCreated,
  });
  const isEmailWrong = fieldProblem(create.error, "email");
  return (
    <Dialog title={t.users.inviteTitle} closeLabel={t.player.close} onClose={onClose}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <SelectField
          label={t.users.role}
          value={role}
          onChange={({ currentTarget: { value } }) => setRole(ROLES.find((one) => one === value) ?? "viewer")}
          options={ROLES.map((one) => ({ value: one, label: t.users.roles[one] }))}
        />
        <Field
          label={t.users.inviteEmail}
          type="email"
          inputMode="email"
          hint={t.users.inviteEmailHint}
          problem={isEmailWrong ? t.account.needEmail : null}
          value={email}
          onChange={(event) => {
            setEmail(event.currentTarget.value);
            create.reset();
          }}
        />
        <InlineError error={isEmailWrong ? null : create.error} />
        <Button type="submit" kind="primary" disabled={create.isPending}>
          {t.users.inviteCreate}
        </Button>
      </form>
    </Dialog>
  );
}
