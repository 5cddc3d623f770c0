/** Catches errors of rendering and of loading code, and offers to reload the page. */
import { Component, type ReactNode } from "react";
import { texts } from "../i18n/language";
import { Button } from "./button";
import { AlertIcon } from "./icons";
import { Notice } from "./notice";

export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) {
      return this.props.children;
    }
    const t = texts();
    return (
      <Notice icon={<AlertIcon className="size-10" />} title={t.errors.page} alert>
        <Button kind="primary" onClick={() => globalThis.location.reload()}>
          {t.errors.reload}
        </Button>
      </Notice>
    );
  }
}
