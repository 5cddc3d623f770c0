/** The outbox for the heartbeats of this browser. It also sends those that earlier pages could not send. */

import { storageOrNull } from "./lib/storage";
import { HeartbeatOutbox } from "./player/heartbeat-outbox";
import { api, session } from "./session";

export const outbox = new HeartbeatOutbox({
  post: (body, keepalive) => api.post("/api/stream/heartbeats", { body, keepalive }),
  ownerId: async () => {
    await session.token();
    return session.user?.id ?? null;
  },
  storage: storageOrNull("localStorage"),
});

export function sendPendingHeartbeats(): void {
  void outbox.send();
  globalThis.addEventListener("online", () => void outbox.send());
  let userId = session.user?.id;
  session.subscribe(() => {
    if (session.user && session.user.id !== userId) {
      void outbox.send();
    }
    userId = session.user?.id;
  });
}
