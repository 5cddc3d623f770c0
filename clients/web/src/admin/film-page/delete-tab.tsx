/** Deletes a film once its title is typed; restores it, or deletes it for good. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { dateTimeText } from "../../lib/dates";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";
import { ifMatch, useOpenFilm } from "./open-film";

export function DeleteTab() {
  const { t, language } = useEditorLanguage();
  const { film, accept } = useOpenFilm();
  const client = useQueryClient();
  const path = { id: film.id };
  const header = ifMatch(film.version);
  const change = (work: (title: string) => Promise<Parameters<typeof accept>[0]>) => ({
    mutationFn: work,
    onSuccess: (changed: Parameters<typeof accept>[0]) => {
      accept(changed);
      void client.invalidateQueries();
    },
  });
  const remove = useMutation(
    change((title) => api.delete("/api/admin/films/{id}", { path, header, query: { title } })),
  );
  const restore = useMutation(change(() => api.post("/api/admin/films/{id}/restore", { path, header })));
  const purge = useMutation(
    change((title) => api.post("/api/admin/films/{id}/purge", { path, header, body: { title } })),
  );
  if (film.deleted_at !== null) {
    return (
      <div className="space-y-8">
        <section className="space-y-3">
          <h2 className="text-lg font-semibold">
            {t.danger.deletedOn(dateTimeText(film.deleted_at, language))}
          </h2>
          <p className="text-soft">{t.danger.restoreText}</p>
          <InlineError error={restore.error} />
          <Button kind="primary" disabled={restore.isPending} onClick={() => restore.mutate("")}>
            {t.danger.restore}
          </Button>
        </section>
        <TitleQuestion
          title={t.danger.purge}
          text={t.danger.purgeText}
          submit={t.danger.purge}
          error={purge.error}
          working={purge.isPending}
          onConfirm={purge.mutate}
        />
      </div>
    );
  }
  return (
    <TitleQuestion
      title={t.danger.delete}
      text={t.danger.deleteText}
      submit={t.danger.delete}
      error={remove.error}
      working={remove.isPending}
      onConfirm={remove.mutate}
    />
  );
}

interface TitleQuestionProps {
  title: string;
  text: string;
  submit: string;
  error: unknown;
  working: boolean;
  onConfirm(title: string): void;
}

function TitleQuestion({ title, text, submit, error, working, onConfirm }: TitleQuestionProps) {
  const { t, language } = useEditorLanguage();
  const { film } = useOpenFilm();
  const [typed, setTyped] = useState("");
  const wanted = titleOf(film.titles, language, t.films.untitled);
  const match = Object.values(film.titles).find((one) => one.trim() === typed.trim() && one.trim() !== "");
  return (
    <section className="space-y-4 rounded-2xl border border-ember/50 p-4 sm:p-6">
      <h2 className="text-lg font-semibold text-ember">{title}</h2>
      <p className="text-soft">{text}</p>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (match !== undefined) {
            onConfirm(match);
          }
        }}
      >
        <p>
          {t.danger.typeTitle} <strong lang={wanted.lang}>{wanted.text}</strong>
        </p>
        <Field
          className="max-w-md"
          label={t.danger.title}
          value={typed}
          autoComplete="off"
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <InlineError error={error} />
        <Button type="submit" kind="danger" disabled={match === undefined || working}>
          {submit}
        </Button>
      </form>
    </section>
  );
}
