/** Registers the service worker once the page has loaded, so that it does not compete with it for the link. */
export function startServiceWorker(): void {
  // Missing on plain-HTTP sites. The development server has no worker.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) {
    return;
  }
  const register = () =>
    void navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined); // Without it the pages need a connection.
  const whenIdle = () => (globalThis.requestIdleCallback ?? setTimeout)(register);
  if (document.readyState === "complete") {
    whenIdle();
  } else {
    globalThis.addEventListener("load", whenIdle, { once: true });
  }
}
