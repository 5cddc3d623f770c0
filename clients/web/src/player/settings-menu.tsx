/** The menu with everything about the playback but its tracks: quality, data, speed, other screens, numbers, keys. */
import { useLanguage } from "../i18n/language";
import { byteSize } from "../lib/format";
import { SettingsIcon } from "../ui/icons";
import { type Choice, Menu, type MenuGroup } from "./menu";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";
import type { PictureInPicture } from "./use-picture-in-picture";
import type { RemoteScreen } from "./use-remote-playback";
import { SPEEDS } from "./viewing-preferences";

export interface SettingsMenuProps {
  playback: Playback;
  state: PlaybackState;
  pictureInPicture: PictureInPicture;
  remote: RemoteScreen;
  open: boolean;
  onOpen(open: boolean): void;
  onStats(): void;
  onHelp(): void;
}

export function SettingsMenu(props: SettingsMenuProps) {
  const { playback, state, open, onOpen } = props;
  const { t } = useLanguage();
  const quality = useQualityGroup(playback, state);
  const groups: MenuGroup[] = [
    ...(state.qualities.length > 0 ? [quality.group, dataSaverGroup(playback, state, t.player)] : []),
    {
      label: t.player.speed,
      staysOpen: true,
      choices: SPEEDS.map((speed) => ({
        key: String(speed),
        label: `${speed}×`,
        chosen: speed === state.speed,
        choose: () => playback.settings.chooseSpeed(speed),
      })),
    },
    { label: t.player.more, choices: useCommands(props) },
  ];
  const value = [quality.value, state.speed === 1 ? null : `${state.speed}×`].filter(Boolean).join(", ");
  return (
    <Menu
      label={t.player.settings}
      value={value || null}
      icon={<SettingsIcon />}
      groups={groups}
      open={open}
      onOpen={onOpen}
    />
  );
}

function useQualityGroup(
  playback: Playback,
  state: PlaybackState,
): { value: string | null; group: MenuGroup } {
  const { t } = useLanguage();
  const withLevel = (level: number | null) =>
    state.qualities.find(({ levels }) => level !== null && levels.includes(level));
  const active = withLevel(state.activeLevel);
  const chosen = withLevel(state.chosenLevel);
  const automatic: Choice = {
    key: "auto",
    label: t.player.auto,
    hint: active && !chosen ? active.name : null,
    chosen: !chosen,
    choose: () => playback.settings.chooseLevel(null),
  };
  const fixed = state.qualities.map((quality) => ({
    key: String(quality.level),
    label: quality.name,
    hint: t.player.dataPerHour(byteSize(quality.bytesPerHour)),
    chosen: quality === chosen,
    choose: () => playback.settings.chooseLevel(quality.level),
  }));
  return {
    value: chosen?.name ?? active?.name ?? null,
    group: { label: t.player.quality, choices: [automatic, ...fixed] },
  };
}

function dataSaverGroup(
  playback: Playback,
  { savesData }: PlaybackState,
  texts: { dataSaver: string; on: string; off: string },
): MenuGroup {
  const choice = (isOn: boolean): Choice => ({
    key: isOn ? "on" : "off",
    label: isOn ? texts.on : texts.off,
    chosen: savesData === isOn,
    choose: () => playback.settings.saveData(isOn),
  });
  return { label: texts.dataSaver, staysOpen: true, choices: [choice(true), choice(false)] };
}

function useCommands({ pictureInPicture, remote, onStats, onHelp }: SettingsMenuProps): Choice[] {
  const { t } = useLanguage();
  const command = (key: string, label: string, choose: () => void): Choice => ({
    key,
    label,
    choose,
    isCommand: true,
    chosen: false,
  });
  return [
    ...(pictureInPicture.isAvailable
      ? [command("picture-in-picture", t.player.pictureInPicture, pictureInPicture.toggle)]
      : []),
    ...(remote.isAvailable ? [command("remote", t.player.otherScreen, remote.choose)] : []),
    command("stats", t.player.stats, onStats),
    command("keyboard", t.player.keyboard, onHelp),
  ];
}
