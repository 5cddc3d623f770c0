/** `/admin/users`: accounts, their roles, links for new passwords, and invitations. For admins. */
import { ApiError } from "@nang/api-client";
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { EndlessList } from "../../catalogue/endless-list";
import { itemsOf } from "../../catalogue/queries";
import { useEditorLanguage } from "../../i18n/editor";
import { useDelayed } from "../../lib/use-delayed";
import { useTitle } from "../../lib/use-title";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { LockIcon, PlusIcon } from "../../ui/icons";
import { ErrorNotice, Notice, Working } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import { INVITATIONS_KEY, Invitations } from "./invitations";
import { InviteDialog } from "./invite-dialog";
import { LinkDialog, type OneTimeLink } from "./link-dialog";
import { UserRow } from "./user-row";
import { ROLES, type Role, usersQuery } from "./users-query";

const TYPING_PAUSE_MS = 200;

export function UsersPage() {
  const { t } = useEditorLanguage();
  useTitle(t.users.title);
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [role, setRole] = useState<Role | "">("");
  const [isInviting, setInviting] = useState(false);
  const [link, setLink] = useState<OneTimeLink | null>(null);
  const settled = useDelayed(text.trim(), TYPING_PAUSE_MS);
  const list = useInfiniteQuery({
    ...usersQuery({ text: settled, role }),
    placeholderData: keepPreviousData,
  });
  const users = itemsOf(list.data);

  if (list.isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (list.isError && users.length === 0) {
    return list.error instanceof ApiError && list.error.status === 403 ? (
      <Notice icon={<LockIcon className="size-10" />} title={t.users.onlyAdmins} />
    ) : (
      <ErrorNotice error={list.error} onRetry={() => list.refetch()} />
    );
  }
  return (
    <>
      <div className="mb-5 flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-bold sm:text-3xl">{t.users.title}</h1>
        <Button kind="primary" onClick={() => setInviting(true)}>
          <PlusIcon className="size-5" />
          {t.users.invite}
        </Button>
      </div>
      <div className="flex flex-wrap gap-3">
        <Field
          className="max-w-md flex-1 basis-60"
          label={t.users.find}
          type="search"
          maxLength={100}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SelectField
          label={t.users.role}
          value={role}
          onChange={({ currentTarget: { value } }) => setRole(ROLES.find((one) => one === value) ?? "")}
          options={[
            { value: "", label: t.users.allRoles },
            ...ROLES.map((one) => ({ value: one, label: t.users.roles[one] })),
          ]}
        />
      </div>
      {users.length === 0 && <p className="mt-6 text-soft">{t.users.none}</p>}
      <ul className="mt-5 divide-y divide-line overflow-hidden rounded-3xl border border-line bg-stage empty:hidden">
        {users.map((user) => (
          <UserRow key={user.id} user={user} onLink={setLink} />
        ))}
      </ul>
      <EndlessList list={list} />
      <Invitations />
      {isInviting && (
        <InviteDialog
          onClose={() => setInviting(false)}
          onCreated={(created) => {
            setInviting(false);
            setLink(created);
            void client.invalidateQueries({ queryKey: INVITATIONS_KEY });
          }}
        />
      )}
      {link && <LinkDialog link={link} onClose={() => setLink(null)} />}
    </>
  );
}
