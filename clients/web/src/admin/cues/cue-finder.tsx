/** Searches in the cues, and opens the cue at a time. */
import { type FormEvent, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { parseCueTime } from "./cue-time";

interface CueFinderProps {
  search: string;
  language: string | null;
  onSearch(search: string): void;
  onTime(ms: number): void;
}

export function CueFinder({ search, language, onSearch, onTime }: CueFinderProps) {
  const { t } = useEditorLanguage();
  const [time, setTime] = useState("");
  const [isWrong, setWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const ms = parseCueTime(time);
    setWrong(ms === null);
    if (ms !== null) {
      onTime(ms);
    }
  };
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field
        label={t.cues.search}
        type="search"
        lang={language ?? undefined}
        value={search}
        autoComplete="off"
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <form onSubmit={submit} className="flex items-start gap-2">
        <Field
          label={t.cues.goToTime}
          className="min-w-0 flex-1"
          value={time}
          placeholder="0:12:30"
          autoComplete="off"
          maxLength={16}
          problem={isWrong ? t.cues.timeWrong : null}
          onChange={(event) => setTime(event.currentTarget.value)}
        />
        <Button type="submit" className="mt-7">
          {t.cues.go}
        </Button>
      </form>
    </div>
  );
}
