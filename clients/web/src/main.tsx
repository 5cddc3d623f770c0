import { StrictMode, startTransition } from "react";
import { startPreferenceSync } from "./account/preference-sync";
import { App } from "./app";
import { sendPendingHeartbeats } from "./heartbeats";
import { nextTask } from "./lib/next-task";
import { startTheme } from "./lib/theme";
import { router } from "./router";
import { applicationRoot } from "./site/application-root";
import { watchBuild } from "./site/build-watch";
import { startServiceWorker } from "./site/service-worker";
import { ErrorBoundary } from "./ui/error-boundary";
import "./styles.css";

/** After this time the application says that the page's code is still loading. */
const PATIENCE_MS = 1_000;

/**
 * Replaces what index.html shows. If the page's code and answers are here, React renders the page in small steps, between which the browser
 * paints and answers; otherwise it renders the page at once when they come.
 */
async function renderApplication(root: HTMLElement): Promise<void> {
  await nextTask();
  await Promise.race([router.load(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  const application = applicationRoot(root);
  await nextTask();
  startTransition(() =>
    application.render(
      <StrictMode>
        <ErrorBoundary>
          <App />
        </ErrorBoundary>
      </StrictMode>,
    ),
  );
}

startTheme();
const root = document.getElementById("root");
if (root) {
  void renderApplication(root);
}
sendPendingHeartbeats();
watchBuild(router);
startServiceWorker();
startPreferenceSync();
