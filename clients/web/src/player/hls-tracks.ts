/** The audio and subtitle tracks of hls.js. */
import type Hls from "hls.js";
import type { MediaPlaylist } from "hls.js";
import { audioTracksOf, subtitleTracksOf, trackKey } from "./renditions";
import type { SubtitleCues } from "./subtitle-cues";
import { hasSurround, speakerChannels, unsuitableLevels } from "./surround";
import type { TrackSource } from "./track-selection";

/** Calls `onTracks` when the multivariant playlist is loaded, before hls.js chooses any track. */
export function openHlsTracks(
  hls: Hls,
  events: typeof Hls.Events,
  cues: SubtitleCues,
  onTracks: (source: TrackSource) => void,
): void {
  let wantedAudio: string | null = null;

  const selectAudio = (key: string) => {
    wantedAudio = key;
    const index = hls.audioTracks.findIndex((track) => trackKey(track) === key);
    const other = hls.allAudioTracks.find((track) => trackKey(track) === key);
    if (index >= 0) {
      hls.audioTrack = index;
    } else if (other) {
      hls.setAudioOption(optionOf(other));
    }
  };

  const selectSubtitles = (key: string | null) => {
    const track = hls.allSubtitleTracks.find((candidate) => trackKey(candidate) === key);
    cues.select(track ? key : null);
    if (track) {
      hls.setSubtitleOption(optionOf(track));
    } else {
      // The option `{ id: -1 }` would also be the preference for later groups, and there it matches the first track.
      hls.setSubtitleOption(undefined);
      hls.subtitleTrack = -1;
    }
  };

  hls.on(events.MANIFEST_PARSED, () => {
    if (hasSurround(hls.allAudioTracks)) {
      for (const level of unsuitableLevels(hls.levels, hls.allAudioTracks, speakerChannels())) {
        hls.removeLevel(level);
      }
    }
    onTracks({
      audio: audioTracksOf(hls.allAudioTracks),
      subtitles: subtitleTracksOf(hls.allSubtitleTracks),
      drawsSubtitles: true,
      selectAudio,
      selectSubtitles,
    });
  });
  // Another level has another group of the same tracks. If the number of channels differs, hls.js would choose the first
  // track of the same language instead of, for example, a commentary.
  hls.on(events.AUDIO_TRACKS_UPDATED, () => {
    if (wantedAudio !== null && hls.audioTracks.length > 0) {
      selectAudio(wantedAudio);
    }
  });
  hls.on(events.CUES_PARSED, (_event, { subtitleTrack, cues: parsed }) => {
    if (subtitleTrack) {
      cues.add(trackKey(subtitleTrack), parsed as VTTCue[]);
    }
  });
}

/** Finds the track in any group. */
function optionOf({ lang, name }: MediaPlaylist): { lang?: string; name: string } {
  return { name, ...(lang !== undefined && { lang }) };
}
