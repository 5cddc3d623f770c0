/** A page that belongs to an account. Without one it leads to logging in; while the session is resumed it waits. */
import type { Account } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLanguage } from "../i18n/language";
import { session, useAccount, useSessionPending } from "../session";
import { ButtonLink } from "../ui/button";
import { LockIcon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { PageLoading } from "./page-states";
import { useReturnAddress } from "./return-address";

interface AccountOnlyProps {
  /** Shown below the way to log in. */
  instead?: ReactNode;
  children(account: Account): ReactNode;
}

export function AccountOnly({ instead, children }: AccountOnlyProps) {
  const { t } = useLanguage();
  const account = useAccount();
  const pending = useSessionPending();
  const to = useReturnAddress();
  if (account) {
    return children(account);
  }
  if (pending) {
    return <ResumingSession />;
  }
  return (
    <>
      <Notice icon={<LockIcon className="size-10" />} title={t.lists.loginTitle} text={t.lists.loginText}>
        <ButtonLink to="/login" search={to} kind="primary">
          {t.login.title}
        </ButtonLink>
      </Notice>
      {instead}
    </>
  );
}

/** Only a failure ends in this component: with a session, and with none, the page above shows something else. */
function ResumingSession() {
  const { error, isFetching, refetch } = useQuery({
    queryKey: ["session"],
    queryFn: () => session.token().then((token) => token !== null),
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  return error && !isFetching ? (
    <ErrorNotice error={error} onRetry={() => void refetch()} />
  ) : (
    <PageLoading />
  );
}
