/** Chooses the encoding profile. Hidden if there is only one. */
import { useQuery } from "@tanstack/react-query";
import { useEditorLanguage } from "../i18n/editor";
import { api } from "../session";

const profilesQuery = {
  queryKey: ["admin-profiles"],
  queryFn: ({ signal }: { signal: AbortSignal }) => api.get("/api/admin/profiles", { signal }),
};

interface ProfileFieldProps {
  /** The name of a profile; empty for the server's default. */
  value: string;
  onChange(name: string): void;
}

export function ProfileField({ value, onChange }: ProfileFieldProps) {
  const { t, language } = useEditorLanguage();
  const { data } = useQuery(profilesQuery);
  const profiles = data?.items ?? [];
  if (profiles.length < 2) {
    return null;
  }
  const chosen = value || (profiles.find(({ name }) => name === "default") ?? profiles[0])?.name;
  return (
    <fieldset>
      <legend className="mb-1 text-sm text-soft">{t.newFilm.profile}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {profiles.map(({ name, description }) => {
          const text = t.profiles[name as keyof typeof t.profiles] ?? null;
          return (
            <label
              key={name}
              className="flex items-start gap-3 rounded-2xl border border-line bg-stage p-4 hover:border-muted has-checked:border-lamp has-checked:bg-panel has-focus-visible:outline-3 has-focus-visible:outline-lamp-bright"
            >
              <input
                type="radio"
                name="profile"
                value={name}
                checked={name === chosen}
                onChange={() => onChange(name)}
                className="mt-1.5 size-4 shrink-0 accent-lamp"
              />
              <span>
                <span className="block font-semibold">{name}</span>
                {/* A profile that an operator wrote has its own description, in one language. */}
                <span lang={text === null ? "en" : language} className="text-sm text-muted">
                  {text ?? description}
                </span>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
