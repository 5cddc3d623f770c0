/**
 * Chooses between variants with stereo and with surround. They have the same video and the same codecs, so hls.js would
 * switch between them with the bandwidth. A device without surround speakers would load more than it can play.
 */
import type { Level, MediaPlaylist } from "hls.js";

export type SurroundLevel = Pick<Level, "width" | "height" | "audioGroups">;
export type GroupedTrack = Pick<MediaPlaylist, "groupId" | "channels">;

const STEREO = 2;

/**
 * The levels to remove, highest index first: of each resolution those with another number of channels than its best level
 * for `speakers` channels. Every resolution keeps a level.
 */
export function unsuitableLevels(
  levels: readonly SurroundLevel[],
  tracks: readonly GroupedTrack[],
  speakers: number,
): number[] {
  const channels = levels.map((level) => channelsOf(level, tracks));
  const unsuitable = levels.flatMap((level, index) => {
    const sameSize = channels.filter(
      (_, other) => levels[other]?.width === level.width && levels[other]?.height === level.height,
    );
    const playable = sameSize.filter((count) => count <= Math.max(STEREO, speakers));
    const best = playable.length > 0 ? Math.max(...playable) : Math.min(...sameSize);
    return channels[index] === best ? [] : [index];
  });
  return unsuitable.reverse();
}

/** Whether any level has more than two channels. */
export function hasSurround(tracks: readonly GroupedTrack[]): boolean {
  return tracks.some((track) => channelCount(track) > STEREO);
}

/** The number of channels that the device's audio output plays; 2 if the browser does not tell. */
export function speakerChannels(): number {
  try {
    const context = new AudioContext();
    const { maxChannelCount } = context.destination;
    void context.close();
    return maxChannelCount;
  } catch {
    return STEREO;
  }
}

/** Levels with stereo have groups of several bitrates, so fewer than two channels count as two. */
function channelsOf({ audioGroups }: SurroundLevel, tracks: readonly GroupedTrack[]): number {
  const counts = tracks.filter(({ groupId }) => audioGroups?.includes(groupId)).map(channelCount);
  return Math.max(STEREO, ...counts);
}

/** CHANNELS is a number, which parameters may follow after a slash. */
function channelCount({ channels }: GroupedTrack): number {
  return Number.parseInt(channels ?? "", 10) || STEREO;
}
