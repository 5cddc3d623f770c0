/** Downloads the cues of a track as a file. */
import { useEditorLanguage } from "../../i18n/editor";
import { session } from "../../session";
import { Button } from "../../ui/button";
import { DownloadIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";
import { saveFile } from "../save-file";
import { getSubtitle, type SubtitleFormat } from "../tracks/subtitle-request";
import { useAction } from "../use-action";

const FORMATS: readonly { format: SubtitleFormat; name: string; mediaType: string }[] = [
  { format: "srt", name: "SRT", mediaType: "application/x-subrip" },
  { format: "vtt", name: "WebVTT", mediaType: "text/vtt" },
];

interface DownloadButtonsProps {
  filmId: string;
  trackId: string;
  /** Without an extension. */
  fileName: string;
}

export function DownloadButtons({ filmId, trackId, fileName }: DownloadButtonsProps) {
  const { t } = useEditorLanguage();
  const { working, error, run } = useAction();
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap gap-2">
        {FORMATS.map(({ format, name, mediaType }) => (
          <Button
            key={format}
            disabled={working}
            onClick={() =>
              run(async () => {
                const text = await getSubtitle(session, filmId, trackId, format);
                saveFile(`${fileName}.${format}`, text, mediaType);
              })
            }
          >
            <DownloadIcon className="size-5" />
            {t.cues.download(name)}
          </Button>
        ))}
      </div>
      <InlineError error={error} />
    </div>
  );
}
