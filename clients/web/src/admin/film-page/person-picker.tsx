/** Finds a person by name, or creates one with the typed name. */
import type { AdminPerson } from "@nang/api-client";
import { useQueryClient } from "@tanstack/react-query";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { langOf } from "../../i18n/script";
import { api } from "../../session";
import { findPeople } from "../people-query";
import { SearchPicker } from "../search-picker";

export function PersonPicker({ onPick }: { onPick(person: AdminPerson): void }) {
  const { t, language } = useEditorLanguage();
  const client = useQueryClient();
  const nameOf = ({ names, slug }: AdminPerson) => titleOf(names, language, slug);
  const make = async (name: string) => {
    const person = await api.post("/api/admin/cast", { body: { names: { [langOf(name) ?? "en"]: name } } });
    void client.invalidateQueries({ queryKey: ["admin-people"] });
    return person;
  };
  return (
    <SearchPicker
      heading="h2"
      title={t.people.add}
      label={t.people.find}
      queryKey="admin-people-found"
      find={findPeople}
      nameOf={nameOf}
      noteOf={(person) =>
        Object.values(person.names)
          .filter((name) => name !== nameOf(person).text)
          .join(" · ")
      }
      create={{ label: t.people.create, make }}
      onPick={onPick}
    />
  );
}
