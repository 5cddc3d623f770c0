/** Everything that the server keeps about the account, as a file. */
import { useMutation } from "@tanstack/react-query";
import { useLanguage } from "../../i18n/language";
import { saveFile } from "../../lib/save-file";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { DownloadIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";
import { Panel } from "./panel";

export function OwnData() {
  const { t } = useLanguage();
  const download = useMutation({
    mutationFn: async () => {
      const data = await api.get("/api/auth/me/data");
      saveFile("nang-my-data.json", "application/json", JSON.stringify(data, null, 2));
    },
  });
  return (
    <Panel title={t.settings.ownData} text={t.settings.ownDataText}>
      <Button disabled={download.isPending} onClick={() => download.mutate()}>
        <DownloadIcon className="size-5" />
        {t.settings.downloadData}
      </Button>
      <InlineError error={download.error} />
      <p role="status" className="text-leaf empty:hidden">
        {download.isSuccess && t.settings.downloaded}
      </p>
    </Panel>
  );
}
