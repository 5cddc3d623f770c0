/** The credits of a film: people with their roles, in the order of its page. */
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { Field } from "../../ui/field";
import { CloseIcon } from "../../ui/icons";
import { SelectField } from "../../ui/select-field";
import { Sortable } from "../../ui/sortable";
import { DraftBar } from "../draft/draft-bar";
import { useDraft } from "../draft/use-draft";
import {
  type CreditDraft,
  type CreditsDraft,
  creditsChange,
  creditsOf,
  hasPart,
  ROLES,
} from "./credits-draft";
import { useFilmStore } from "./open-film";
import { PersonPicker } from "./person-picker";

export function PeopleTab() {
  const { t, language } = useEditorLanguage();
  const draft = useDraft<CreditsDraft>(useFilmStore(creditsOf, creditsChange));
  const { credits } = draft.values;
  const set = (changed: CreditDraft[]) => draft.set({ credits: changed });
  const nameOf = ({ person }: CreditDraft) => titleOf(person.names, language, person.slug).text;
  const replace = (index: number, change: Partial<CreditDraft>) =>
    set(credits.map((credit, at) => (at === index ? { ...credit, ...change } : credit)));
  return (
    <div className="space-y-6">
      <p className="text-soft">{t.people.intro}</p>
      {credits.length === 0 && (
        <p className="rounded-2xl border border-dashed border-line px-4 py-5 text-soft">{t.people.empty}</p>
      )}
      <Sortable
        items={credits}
        keyOf={({ person, role }, index) =>
          `${person.id} ${role} ${credits.slice(0, index).filter((one) => one.person.id === person.id && one.role === role).length}`
        }
        nameOf={nameOf}
        upLabel={t.catalogue.up}
        downLabel={t.catalogue.down}
        onSort={set}
      >
        {(credit, index) => (
          <CreditRow
            credit={credit}
            name={nameOf(credit)}
            onChange={(change) => replace(index, change)}
            onRemove={() => set(credits.filter((_, at) => at !== index))}
          />
        )}
      </Sortable>
      <PersonPicker onPick={(person) => set([...credits, { person, role: "actor", as: {} }])} />
      <DraftBar
        draft={draft}
        labelOf={() => t.people.title}
        textOf={(_, shown) =>
          shown.credits.map((credit) => `${nameOf(credit)}: ${t.filmPage.roles[credit.role]}`).join("\n")
        }
      />
    </div>
  );
}

interface CreditRowProps {
  credit: CreditDraft;
  name: string;
  onChange(change: Partial<CreditDraft>): void;
  onRemove(): void;
}

function CreditRow({ credit, name, onChange, onRemove }: CreditRowProps) {
  const { t } = useEditorLanguage();
  const { role, as } = credit;
  return (
    <fieldset className="flex flex-wrap items-end gap-3 lg:items-center">
      <legend className="sr-only">{name}</legend>
      <p className="w-full min-w-40 font-semibold break-words lg:w-auto lg:flex-1">{name}</p>
      <SelectField
        label={t.people.role}
        className="w-28 grow sm:w-44 sm:grow-0"
        value={role}
        onChange={({ currentTarget: { value } }) =>
          onChange({ role: ROLES.find((one) => one === value) ?? "other" })
        }
        options={ROLES.map((one) => ({ value: one, label: t.people.roles[one] }))}
      />
      {hasPart(role) &&
        (["lo", "en"] as const).map((tag) => (
          <Field
            key={tag}
            className="min-w-36 flex-1"
            label={role === "actor" ? t.people.part[tag] : t.people.job[tag]}
            lang={tag}
            maxLength={200}
            value={as[tag] ?? ""}
            onChange={(event) => onChange({ as: { ...as, [tag]: event.currentTarget.value } })}
          />
        ))}
      <button
        type="button"
        aria-label={t.people.remove(name)}
        onClick={onRemove}
        className="grid size-11 place-items-center rounded-full text-muted hover:bg-raised hover:text-ink"
      >
        <CloseIcon className="size-5" />
      </button>
    </fieldset>
  );
}
