/** What the server is asked about a viewing: may it begin, may it go on, it is over. */
import type { Answer, Stream } from "@nang/api-client";
import { outbox } from "../reports";
import { api } from "../session";

export type RenewedStream = Answer<"/api/stream/sessions/{id}/renew", "post">;

export interface StreamDesk {
  open(filmId: string): Promise<Stream>;
  renew(sessionId: string): Promise<RenewedStream>;
  /** Outlives the page that asks for it. */
  end(sessionId: string): Promise<void>;
}

export const streamDesk: StreamDesk = {
  async open(filmId) {
    // What the last page could not report any more decides where this viewing goes on.
    await outbox.send();
    return await api.post("/api/stream/{film_id}", { path: { film_id: filmId } });
  },
  renew: (id) => api.post("/api/stream/sessions/{id}/renew", { path: { id } }),
  async end(id) {
    await api.delete("/api/stream/sessions/{id}", { path: { id }, keepalive: true });
  },
};
