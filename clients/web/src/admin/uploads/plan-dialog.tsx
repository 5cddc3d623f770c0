/** Asks what becomes of dropped files, with a guess for each, and begins their uploads. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { allItems } from "../../lib/all-items";
import { byteSize } from "../../lib/format";
import { queryClient } from "../../lib/query-client";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { InlineError, Working } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import { titlesFromFileName } from "../title-fields";
import { startUpload } from "../upload/uploads";
import { SubtitleChoice } from "./subtitle-choice";
import { isSubtitleName } from "./subtitle-name";
import { subtitleQueue } from "./subtitle-queue";
import { begun, isWanted, type KnownFilm, type Plan, type PlannedFile, planFiles } from "./upload-plan";

interface PlanDialogProps {
  files: readonly File[];
  onClose(): void;
}

const planQuery = {
  queryKey: ["admin-upload-plan"],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const [films, stopped] = await Promise.all([
      allItems(api.pages("/api/admin/films", { query: { limit: 100 }, signal }).items()),
      allItems(api.pages("/api/admin/uploads", { query: { limit: 100 }, signal }).items()),
    ]);
    return { films, stopped };
  },
  staleTime: 0,
  gcTime: 0,
};

export function PlanDialog({ files, onClose }: PlanDialogProps) {
  const { t } = useEditorLanguage();
  const known = useQuery(planQuery);
  return (
    <Dialog title={t.uploads.planTitle(files.length)} closeLabel={t.player.close} onClose={onClose}>
      {known.isPending && <Working label={t.player.loading} />}
      <InlineError error={known.error} />
      {known.data && (
        <PlanForm
          initial={planFiles(files, known.data.films, known.data.stopped)}
          films={known.data.films}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

interface PlanFormProps {
  initial: PlannedFile[];
  films: readonly KnownFilm[];
  onClose(): void;
}

function PlanForm({ initial, films, onClose }: PlanFormProps) {
  const { t } = useEditorLanguage();
  const [planned, setPlanned] = useState(initial);
  const navigate = useNavigate();
  const wanted = planned.filter((one) => isWanted(one, planned));
  const start = useMutation({
    mutationFn: async () => {
      let rest = planned;
      // Films first: subtitles are for films that exist.
      for (const { file } of [...wanted].sort((one, other) => order(one) - order(other))) {
        const plan = rest.find((one) => one.file === file)?.plan;
        const filmId = plan && (await begin(file, plan));
        if (filmId) {
          // If the next film cannot be created, another try does not repeat this one.
          rest = begun(rest, file, filmId);
          setPlanned(rest);
        }
      }
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["admin-films"] });
      onClose();
      void navigate({ to: "/admin/uploads" });
    },
  });
  const change = (index: number, plan: Plan) =>
    setPlanned((before) => before.map((one, at) => (at === index ? { ...one, plan } : one)));
  return (
    <div className="space-y-4">
      <p className="text-soft">{t.uploads.planText}</p>
      <ul className="-mx-2 max-h-[55dvh] divide-y divide-line overflow-y-auto px-2">
        {planned.map(({ file, plan }, index) => (
          <li key={`${file.webkitRelativePath} ${file.name} ${file.size}`} className="space-y-2 py-3">
            <p className="break-all">
              <span className="font-semibold">{file.name}</span>{" "}
              <span className="text-sm text-muted">{byteSize(file.size)}</span>
            </p>
            {isSubtitleName(file.name) && file.size > 0 ? (
              <SubtitleChoice
                file={file}
                plan={plan}
                planned={planned}
                films={films}
                onChange={(changed) => change(index, changed)}
              />
            ) : (
              <PlanChoice
                file={file}
                plan={plan}
                films={films}
                onChange={(changed) => change(index, changed)}
              />
            )}
          </li>
        ))}
      </ul>
      <InlineError error={start.error} />
      <div className="flex flex-wrap gap-3">
        <Button
          kind="primary"
          disabled={wanted.length === 0 || start.isPending}
          onClick={() => start.mutate()}
        >
          {t.uploads.begin(wanted.length)}
        </Button>
        <Button disabled={start.isPending} onClick={onClose}>
          {t.film.cancel}
        </Button>
      </div>
    </div>
  );
}

interface PlanChoiceProps {
  file: File;
  plan: Plan;
  films: readonly KnownFilm[];
  onChange(plan: Plan): void;
}

function PlanChoice({ file, plan, films, onChange }: PlanChoiceProps) {
  const { t, language } = useEditorLanguage();
  const value = plan.kind === "join" || plan.kind === "resume" ? plan.filmId : plan.kind;
  const choose = (chosen: string) => {
    if (chosen === "new") {
      onChange({ kind: "new", titles: titlesFromFileName(file.name) });
    } else if (chosen === "skip") {
      onChange({ kind: "skip", why: "chosen" });
    } else {
      onChange({ kind: "join", filmId: chosen });
    }
  };
  const options = [
    ...(file.size > 0 ? [{ value: "new", label: t.uploads.asNew }] : []),
    { value: "skip", label: t.uploads.skip },
    ...(file.size > 0
      ? films.map((film) => ({
          value: film.id,
          label: t.uploads.joins(titleOf(film.titles, language, film.slug).text),
        }))
      : []),
  ];
  const [tag = "en", title = ""] = plan.kind === "new" ? (Object.entries(plan.titles)[0] ?? []) : [];
  return (
    <div className="space-y-2">
      <SelectField
        label={t.uploads.becomes(file.name)}
        isLabelHidden
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
        options={options}
      />
      {plan.kind === "new" && (
        <Field
          label={tag === "lo" ? t.newFilm.titleLo : t.newFilm.titleEn}
          lang={tag}
          value={title}
          maxLength={200}
          onChange={(event) => onChange({ kind: "new", titles: { [tag]: event.currentTarget.value } })}
        />
      )}
      {plan.kind === "resume" && <p className="text-sm text-leaf">{t.uploads.resumes}</p>}
      {plan.kind === "join" && films.find(({ id }) => id === plan.filmId)?.build_id && (
        <p className="text-sm text-accent">{t.uploads.joinHint}</p>
      )}
      {plan.kind === "skip" && <p className="text-sm text-muted">{t.uploads.skipped[plan.why]}</p>}
    </div>
  );
}

function order({ plan }: PlannedFile): number {
  return plan.kind === "subtitle" ? 1 : 0;
}

/** Returns the film of the file; null if nothing becomes of the file. */
async function begin(file: File, plan: Plan): Promise<string | null> {
  switch (plan.kind) {
    case "new": {
      const film = await api.post("/api/admin/films", { body: { titles: plan.titles } });
      startUpload(film.id, file);
      return film.id;
    }
    case "join":
      startUpload(plan.filmId, file);
      return plan.filmId;
    case "resume":
      startUpload(plan.filmId, file, plan.fileId);
      return plan.filmId;
    case "subtitle":
      if ("dropped" in plan.of) {
        return null;
      }
      await subtitleQueue.add(plan.of.filmId, file, plan.language);
      return plan.of.filmId;
    case "skip":
      return null;
  }
}
