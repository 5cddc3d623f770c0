import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { startPreferenceSync } from "./account/preference-sync";
import { App } from "./app";
import { sendPendingHeartbeats } from "./heartbeats";
import { startTheme } from "./lib/theme";
import { router } from "./router";
import { watchBuild } from "./site/build-watch";
import { startServiceWorker } from "./site/service-worker";
import { ErrorBoundary } from "./ui/error-boundary";
import "./styles.css";

startTheme();
const root = document.getElementById("root");
if (root) {
  // In small steps, between which the page answers: the application replaces what index.html shows when it is ready.
  startTransition(() =>
    createRoot(root).render(
      <StrictMode>
        <ErrorBoundary>
          <App />
        </ErrorBoundary>
      </StrictMode>,
    ),
  );
}
sendPendingHeartbeats();
watchBuild(router);
startServiceWorker();
startPreferenceSync();
