/** The menus for audio and subtitles: two menus, or one with all groups where the control bar is narrow. */
import type { Dictionary } from "../i18n/en";
import { useLanguage } from "../i18n/language";
import { AudioIcon, SubtitlesIcon } from "../ui/icons";
import { type Choice, Menu, type MenuGroup } from "./menu";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";
import { trackLabels, trackText } from "./track-labels";
import {
  SUBTITLE_COLOURS,
  SUBTITLE_POSITIONS,
  SUBTITLE_SIZES,
  type SubtitleStyle,
} from "./viewing-preferences";

export type TrackMenuName = "audio" | "subtitles" | "tracks";

interface TrackMenusProps {
  playback: Playback;
  state: PlaybackState;
  isNarrow: boolean;
  openMenu: string | null;
  onOpen(menu: TrackMenuName | null): void;
}

export function TrackMenus({ playback, state, isNarrow, openMenu, onOpen }: TrackMenusProps) {
  const { t } = useLanguage();
  const audio = useAudioGroup(playback, state);
  const subtitles = useSubtitleGroups(playback, state);
  // A phone may be turned while a menu is open.
  const props = (name: TrackMenuName, ...otherNames: TrackMenuName[]) => ({
    open: [name, ...otherNames].some((open) => open === openMenu),
    onOpen: (isOpen: boolean) => onOpen(isOpen ? name : null),
  });
  const hasAudio = state.audioTracks.length > 1;
  const hasSubtitles = state.subtitleTracks.length > 0;
  if (isNarrow && hasAudio && hasSubtitles) {
    return (
      <Menu
        label={t.player.audioAndSubtitles}
        value={[audio.value, subtitles.value].filter(Boolean).join(", ")}
        isValueShown={false}
        icon={<SubtitlesIcon />}
        groups={[audio.group, ...subtitles.groups]}
        showsVideo
        {...props("tracks", "audio", "subtitles")}
      />
    );
  }
  return (
    <>
      {hasAudio && (
        <Menu
          label={t.player.audio}
          value={audio.value}
          icon={<AudioIcon />}
          groups={[audio.group]}
          {...props("audio")}
        />
      )}
      {hasSubtitles && (
        <Menu
          label={t.player.subtitles}
          value={subtitles.value}
          icon={<SubtitlesIcon />}
          groups={subtitles.groups}
          showsVideo
          {...props("subtitles", "tracks")}
        />
      )}
    </>
  );
}

function useAudioGroup(playback: Playback, state: PlaybackState): { value: string | null; group: MenuGroup } {
  const { t, language } = useLanguage();
  const labels = trackLabels(state.audioTracks, t, language);
  const at = state.audioTracks.findIndex(({ key }) => key === state.audioTrack);
  const choices = state.audioTracks.map(({ key }, index) => ({
    key,
    label: labels[index]?.label ?? "",
    hint: labels[index]?.hint ?? null,
    chosen: index === at,
    choose: () => playback.tracks.chooseAudio(key),
  }));
  const chosen = labels[at];
  return { value: chosen ? trackText(chosen) : null, group: { label: t.player.audio, choices } };
}

function useSubtitleGroups(playback: Playback, state: PlaybackState): { value: string; groups: MenuGroup[] } {
  const { t, language } = useLanguage();
  const labels = trackLabels(state.subtitleTracks, t, language);
  const at = state.subtitleTracks.findIndex(({ key }) => key === state.subtitleTrack);
  const off: Choice = {
    key: "off",
    label: t.player.off,
    chosen: at < 0,
    choose: () => playback.tracks.chooseSubtitles(null),
  };
  const choices = state.subtitleTracks.map(({ key }, index) => ({
    key: `track ${key}`,
    label: labels[index]?.label ?? "",
    hint: labels[index]?.hint ?? null,
    chosen: index === at,
    choose: () => playback.tracks.chooseSubtitles(key),
  }));
  const groups: MenuGroup[] = [{ label: t.player.subtitles, choices: [off, ...choices] }];
  if (state.drawsSubtitles) {
    groups.push(...styleGroups(playback, state.subtitleStyle, t.player));
  }
  const chosen = labels[at];
  return { value: chosen ? trackText(chosen) : t.player.off, groups };
}

function styleGroups(playback: Playback, style: SubtitleStyle, texts: Dictionary["player"]): MenuGroup[] {
  const group = <Name extends keyof SubtitleStyle>(
    name: Name,
    label: string,
    values: readonly SubtitleStyle[Name][],
    labels: Readonly<Record<SubtitleStyle[Name], string>>,
  ): MenuGroup => ({
    label,
    staysOpen: true,
    choices: values.map((value) => ({
      key: value,
      label: labels[value],
      chosen: style[name] === value,
      choose: () => playback.tracks.styleSubtitles({ [name]: value }),
    })),
  });
  return [
    group("size", texts.subtitleSize, SUBTITLE_SIZES, texts.subtitleSizes),
    group("colour", texts.subtitleColour, SUBTITLE_COLOURS, texts.subtitleColours),
    group("position", texts.subtitlePosition, SUBTITLE_POSITIONS, texts.subtitlePositions),
  ];
}
