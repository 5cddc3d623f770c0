/** The server's routes for playback sessions: open, renew, end. */
import type { ResultOf, Stream } from "@nang/api-client";
import { outbox } from "../heartbeats";
import { api } from "../session";

export type RenewedStream = ResultOf<"/api/stream/sessions/{id}/renew", "post">;

export interface PlaybackSessionApi {
  open(filmId: string): Promise<Stream>;
  renew(sessionId: string): Promise<RenewedStream>;
  /** The request continues after the page is closed. */
  end(sessionId: string): Promise<void>;
}

export const playbackSessionApi: PlaybackSessionApi = {
  async open(filmId) {
    // Pending heartbeats of earlier pages determine the position at which this session resumes.
    await outbox.send();
    return await api.post("/api/stream/{film_id}", { path: { film_id: filmId } });
  },
  renew: (id) => api.post("/api/stream/sessions/{id}/renew", { path: { id } }),
  async end(id) {
    await api.delete("/api/stream/sessions/{id}", { path: { id }, keepalive: true });
  },
};

/** Opens sessions with the token of a preview link, which is the viewer's only right to play the film. */
export function previewSessionApi(token: string): PlaybackSessionApi {
  return {
    ...playbackSessionApi,
    open: () => api.post("/api/preview/stream", { body: { token } }),
  };
}
