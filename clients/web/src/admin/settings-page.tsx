/** `/admin/settings`: the settings in force, to read. They are changed on the server. */
import { useQuery } from "@tanstack/react-query";
import { useEditorLanguage } from "../i18n/editor";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { ErrorNotice, Working } from "../ui/notice";
import { DataTable } from "./data-table";
import { Chip } from "./status-chip";

const settingsQuery = {
  queryKey: ["admin-settings"],
  queryFn: ({ signal }: { signal: AbortSignal }) => api.get("/api/admin/settings", { signal }),
  staleTime: 0,
};

export function SettingsPage() {
  const { t } = useEditorLanguage();
  useTitle(t.settingsInForce.title);
  const { data, error, isPending, refetch } = useQuery(settingsQuery);
  if (isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (!data) {
    return <ErrorNotice error={error} onRetry={() => refetch()} />;
  }
  return (
    <div className="space-y-4">
      <h1 className="text-2xl font-bold sm:text-3xl">{t.settingsInForce.title}</h1>
      <p className="text-soft">{t.settingsInForce.intro}</p>
      <p>{t.settingsInForce.version(data.server_version)}</p>
      <DataTable
        label={t.settingsInForce.title}
        rows={data.items}
        keyOf={({ key }) => key}
        columns={[
          { name: t.settingsInForce.name, isHeading: true, cell: ({ key }) => <code>{key}</code> },
          { name: t.settingsInForce.value, cell: ({ value }) => <code>{settingText(value)}</code> },
          {
            name: t.settingsInForce.origin,
            cell: ({ is_default }) =>
              is_default ? (
                <span className="text-muted">{t.settingsInForce.default}</span>
              ) : (
                <Chip tone="busy">{t.settingsInForce.set}</Chip>
              ),
          },
        ]}
      />
    </div>
  );
}

/** A list or a number as it stands in `nang.toml`. */
function settingText(value: unknown): string {
  if (value === null || value === undefined) {
    return "–";
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
