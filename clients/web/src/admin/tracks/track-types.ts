/** The server's types of tracks, cues and presentations. */
import type { RequestOf, ResultOf } from "@nang/api-client";

export type TrackList = ResultOf<"/api/admin/films/{id}/tracks", "get">;
export type AdminTrack = TrackList["audio_tracks"][number];
export type Track = Omit<AdminTrack, "build_id" | "is_from_master" | "dub">;
export type UnfinishedDub = TrackList["unfinished_dubs"][number];
export type TrackRole = AdminTrack["role"];
export type TrackKind = "audio" | "subtitles";
export type TrackChange = RequestOf<"/api/admin/films/{id}/tracks/{track}", "patch">["body"];
export type AcceptedSubtitle = ResultOf<"/api/admin/films/{id}/tracks/subtitles", "post">;
export type SubtitleQuery = NonNullable<RequestOf<"/api/admin/films/{id}/tracks/subtitles", "post">["query"]>;

export function tracksOf(list: TrackList, kind: TrackKind): AdminTrack[] {
  return kind === "audio" ? list.audio_tracks : list.subtitle_tracks;
}
