/** Messages in place of content: an error with a retry button, an empty list, work in progress. */
import { ApiError } from "@nang/api-client";
import { type ReactNode, useEffect } from "react";
import { useLanguage } from "../i18n/language";
import { explain, serverDetail } from "../i18n/problems";
import { Button } from "./button";
import { AlertIcon, NoSignalIcon } from "./icons";

interface ErrorNoticeProps {
  error: unknown;
  onRetry?: () => void;
  heading?: "h1" | "h2";
}

export function ErrorNotice({ error, onRetry, heading = "h1" }: ErrorNoticeProps) {
  const { t, language } = useLanguage();
  const offline = error instanceof ApiError && error.isNetwork;
  useEffect(() => {
    if (offline && onRetry) {
      globalThis.addEventListener("online", onRetry);
      return () => globalThis.removeEventListener("online", onRetry);
    }
    return undefined;
  }, [offline, onRetry]);
  return (
    <Notice
      heading={heading}
      icon={offline ? <NoSignalIcon className="size-10" /> : <AlertIcon className="size-10" />}
      title={offline ? t.errors.offline : t.errors.title}
      text={explain(error, t, language)}
      alert
    >
      {onRetry && (
        <Button kind="primary" onClick={onRetry}>
          {t.errors.retry}
        </Button>
      )}
    </Notice>
  );
}

interface NoticeProps {
  /** `h2` where the page has a heading of its own. */
  heading?: "h1" | "h2";
  icon?: ReactNode;
  title: string;
  text?: string;
  alert?: boolean;
  children?: ReactNode;
}

export function Notice({ heading: Heading = "h1", icon, title, text, alert = false, children }: NoticeProps) {
  return (
    <div
      role={alert ? "alert" : undefined}
      className="mx-auto flex w-full max-w-lg flex-col items-center gap-4 px-4 py-16 text-center sm:py-24"
    >
      {icon && <div className="rounded-full bg-panel p-5 text-accent">{icon}</div>}
      <Heading className="text-xl font-semibold sm:text-2xl">{title}</Heading>
      {text && <p className="text-soft">{text}</p>}
      {children && <div className="mt-2 flex flex-wrap justify-center gap-3">{children}</div>}
    </div>
  );
}

/** A short error message next to the element that it concerns. */
export function InlineError({ error }: { error: unknown }) {
  const { t, language } = useLanguage();
  const detail = serverDetail(error, language);
  return error === null || error === undefined ? null : (
    <p role="alert" className="flex items-start gap-2 rounded-xl bg-ember/12 px-4 py-3 text-ember">
      <AlertIcon className="mt-0.5 size-5" />
      <span>
        {typeof error === "string" ? error : explain(error, t, language)}
        {detail && (
          <span lang="en" className="block text-sm">
            {detail}
          </span>
        )}
      </span>
    </p>
  );
}

export function Working({ label, className = "" }: { label: string; className?: string }) {
  return (
    <div role="status" className={`flex items-center justify-center gap-3 text-muted ${className}`}>
      <span className="spinner inline-block size-6" aria-hidden="true" />
      {label}
    </div>
  );
}
