/** Who may see a film, when and where; and its address to send to others. */
import { useMemo, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { countryName } from "../../i18n/names";
import { dateTimeText } from "../../lib/dates";
import { Field } from "../../ui/field";
import { PickList } from "../../ui/pick-list";
import { TextArea } from "../../ui/text-area";
import { CopyLink } from "../copy-link";
import { DraftBar } from "../draft/draft-bar";
import { useDraft } from "../draft/use-draft";
import { countryOptions } from "./country-options";
import { useFilmStore, useOpenFilm } from "./open-film";
import { PreviewLinks } from "./preview-links";
import { instant, rightsChange, rightsOf, VISIBILITIES, wrongRights } from "./rights-draft";

export function RightsTab() {
  const { t, language } = useEditorLanguage();
  const { film } = useOpenFilm();
  const draft = useDraft(useFilmStore(rightsOf, rightsChange));
  const [isChecked, setChecked] = useState(false);
  const { values, set } = draft;
  const countries = useMemo(() => countryOptions(t, language), [t, language]);
  const wrong = isChecked ? wrongRights(values) : [];
  const save = () => {
    setChecked(true);
    if (wrongRights(values).length === 0) {
      void draft.save();
    }
  };
  const time = (name: "publishAt" | "from" | "until") => (
    <Field
      key={name}
      type="datetime-local"
      label={t.rights.labels[name]}
      hint={t.rights.hints[name]}
      value={values[name]}
      problem={wrong.includes(name) ? t.rights.wrong[name] : null}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <div className="space-y-8">
      <fieldset className="space-y-2">
        <legend className="mb-1 font-semibold">{t.rights.labels.visibility}</legend>
        {VISIBILITIES.map((visibility) => (
          <label
            key={visibility}
            className="flex items-start gap-3 rounded-2xl border border-line bg-stage p-4 hover:border-muted has-checked:border-lamp has-checked:bg-panel has-focus-visible:outline-3 has-focus-visible:outline-lamp-bright"
          >
            <input
              type="radio"
              name="visibility"
              checked={values.visibility === visibility}
              onChange={() => set({ visibility })}
              className="mt-1.5 size-4 shrink-0 accent-lamp"
            />
            <span>
              <span className="block font-semibold">{t.rights.visibility[visibility].name}</span>
              <span className="text-sm text-muted">{t.rights.visibility[visibility].text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {values.visibility === "scheduled" && time("publishAt")}
      <section className="space-y-3">
        <h2 className="font-semibold">{t.rights.window}</h2>
        <p className="text-soft">{t.rights.windowText}</p>
        <div className="grid gap-4 sm:grid-cols-2">{[time("from"), time("until")]}</div>
      </section>
      <section className="space-y-4">
        <h2 className="font-semibold">{t.rights.region}</h2>
        <PickList
          label={t.rights.labels.countries}
          hint={t.rights.hints.countries}
          addLabel={t.details.add.countries}
          removeLabel={t.details.remove}
          values={values.countries}
          options={countries}
          onChange={(chosen) => set({ countries: chosen })}
        />
        {!film.enforces_countries && <p className="text-sm text-accent">{t.rights.notEnforced}</p>}
        <TextArea
          label={t.rights.labels.regionNote}
          maxLength={500}
          value={values.regionNote}
          onChange={(event) => set({ regionNote: event.currentTarget.value })}
        />
      </section>
      <section className="space-y-2">
        <h2 className="font-semibold">{t.rights.address}</h2>
        <p className="text-soft">{t.rights.addressText[film.visibility]}</p>
        <div className="flex flex-wrap items-center gap-3">
          <code className="min-w-0 rounded-lg bg-panel px-3 py-2 text-sm break-all">/films/{film.slug}</code>
          <CopyLink path={`/films/${film.slug}`} />
        </div>
      </section>
      <PreviewLinks filmId={film.id} />
      <DraftBar
        draft={draft}
        labelOf={(field) => t.rights.labels[field]}
        textOf={(field, shown) => {
          switch (field) {
            case "visibility":
              return t.rights.visibility[shown.visibility].name;
            case "countries":
              return shown.countries.map((code) => countryName(code, t, language)).join(", ");
            case "regionNote":
              return shown.regionNote;
            default: {
              const at = instant(shown[field]);
              return at === null ? "" : dateTimeText(at, language);
            }
          }
        }}
        onSave={save}
      />
    </div>
  );
}
