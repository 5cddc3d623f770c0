/** How films look and sound, whatever device the viewer uses. The same choices as in the player's menus. */
import { useReducer } from "react";
import { browserPreferences } from "../../account/preference-sync";
import { useLanguage } from "../../i18n/language";
import {
  type LanguagePreference,
  SPEEDS,
  SUBTITLE_COLOURS,
  SUBTITLE_POSITIONS,
  SUBTITLE_SIZES,
  type ViewingPreferences,
} from "../../player/viewing-preferences";
import { CheckField } from "../../ui/check-field";
import { SelectField } from "../../ui/select-field";
import { Panel } from "./panel";

const LANGUAGES = ["lo", "en", "th", "fr", "vi", "zh", "hmn", "kjg"] as const;

export function WatchingForm() {
  const { t } = useLanguage();
  const [, render] = useReducer((count: number) => count + 1, 0);
  const preferences = browserPreferences.read();
  const { subtitleStyle: style } = preferences;
  const set = (change: Partial<ViewingPreferences>) => {
    browserPreferences.write(change);
    render();
  };
  const options = <T extends string>(values: readonly T[], labels: Readonly<Record<T, string>>) =>
    values.map((value) => ({ value, label: labels[value] }));
  const languages = options(LANGUAGES, t.languages);
  return (
    <Panel title={t.settings.playback} text={t.settings.watchingText}>
      <div className="grid gap-4 xs:grid-cols-2">
        <SelectField
          label={t.player.audio}
          value={preferences.audio?.language ?? ""}
          options={[{ value: "", label: t.settings.asThePage }, ...languages]}
          onChange={({ currentTarget: { value } }) =>
            set({ audio: chosenLanguage(value, preferences.audio) })
          }
        />
        <SelectField
          label={t.player.subtitles}
          value={preferences.areSubtitlesOff ? "off" : (preferences.subtitles?.language ?? "")}
          options={[
            { value: "", label: t.settings.whenNeeded },
            { value: "off", label: t.player.off },
            ...languages,
          ]}
          onChange={({ currentTarget: { value } }) =>
            set(
              value === "off"
                ? { areSubtitlesOff: true }
                : { areSubtitlesOff: false, subtitles: chosenLanguage(value, preferences.subtitles) },
            )
          }
        />
        <SelectField
          label={t.player.subtitleSize}
          value={style.size}
          options={options(SUBTITLE_SIZES, t.player.subtitleSizes)}
          onChange={({ currentTarget }) =>
            set({ subtitleStyle: { ...style, size: currentTarget.value as typeof style.size } })
          }
        />
        <SelectField
          label={t.player.subtitleColour}
          value={style.colour}
          options={options(SUBTITLE_COLOURS, t.player.subtitleColours)}
          onChange={({ currentTarget }) =>
            set({ subtitleStyle: { ...style, colour: currentTarget.value as typeof style.colour } })
          }
        />
        <SelectField
          label={t.player.subtitlePosition}
          value={style.position}
          options={options(SUBTITLE_POSITIONS, t.player.subtitlePositions)}
          onChange={({ currentTarget }) =>
            set({ subtitleStyle: { ...style, position: currentTarget.value as typeof style.position } })
          }
        />
        <SelectField
          label={t.player.speed}
          value={String(preferences.speed)}
          options={SPEEDS.map((speed) => ({ value: String(speed), label: `${speed}×` }))}
          onChange={({ currentTarget }) =>
            set({ speed: Number(currentTarget.value) as typeof preferences.speed })
          }
        />
      </div>
      <CheckField
        label={t.player.dataSaver}
        hint={t.settings.dataSaverHint}
        checked={preferences.savesData === true}
        onChange={(savesData) => set({ savesData })}
      />
    </Panel>
  );
}

function chosenLanguage(value: string, before: LanguagePreference | null): LanguagePreference | null {
  return value === "" ? null : { language: value, isAccessible: before?.isAccessible ?? false };
}
