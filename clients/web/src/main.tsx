import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { sendPendingHeartbeats } from "./heartbeats";
import { ErrorBoundary } from "./ui/error-boundary";
import "./styles.css";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <App />
      </ErrorBoundary>
    </StrictMode>,
  );
}
sendPendingHeartbeats();
