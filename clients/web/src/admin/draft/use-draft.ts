/**
 * The unsaved changes of a form over something that others may change at the same time. Saving sends the changed fields alone. If the
 * server refuses them because its version is newer, they are merged with the newest values and sent again, unless both sides changed
 * the same field: then the editor chooses.
 */
import { ApiError } from "@nang/api-client";
import { useState } from "react";
import { changedFields, rebase } from "./rebase";

/** What the server has: its values and their version. */
export interface Stored<D> {
  values: D;
  version: number;
}

export interface DraftOptions<D extends object> {
  stored: Stored<D>;
  /** Sends the changed fields, based on `version`. Resolves to what the server has now. */
  send(changed: readonly (keyof D & string)[], draft: D, version: number): Promise<Stored<D>>;
  /** Reads the newest values after a refusal. */
  load(): Promise<Stored<D>>;
}

export interface Draft<D extends object> {
  values: D;
  isDirty: boolean;
  isSaving: boolean;
  isSaved: boolean;
  error: unknown;
  /** Fields that another editor changed to other values, each with that value. */
  conflicts: ReadonlyMap<keyof D & string, D[keyof D & string]>;
  /** Fields that took another editor's values while the form had unsaved changes. */
  adopted: readonly (keyof D & string)[];
  set(change: Partial<D>): void;
  /** Decides a conflict. */
  resolve(field: keyof D & string, keepsMine: boolean): void;
  save(): Promise<boolean>;
  discard(): void;
}

interface State<D extends object> {
  base: D;
  version: number;
  values: D;
  conflicts: (keyof D & string)[];
  adopted: (keyof D & string)[];
}

interface Result {
  isSaving: boolean;
  isSaved: boolean;
  error: unknown;
}

const IDLE: Result = { isSaving: false, isSaved: false, error: null };
/** Each try follows a change by another editor, so a few suffice. */
const MAX_TRIES = 4;

export function useDraft<D extends object>({ stored, send, load }: DraftOptions<D>): Draft<D> {
  const [state, setState] = useState<State<D>>(() => fresh(stored));
  const [result, setResult] = useState<Result>(IDLE);

  // What the server sends while the form is open is merged at once; while it is being saved, the response decides.
  const next = stored.version > state.version && !result.isSaving ? rebased(state, stored) : state;
  if (next !== state) {
    setState(next);
  }
  const isDirty = changedFields(next.base, next.values).length > 0;

  const attempt = async (from: State<D>, tries: number): Promise<boolean> => {
    try {
      const saved = await send(changedFields(from.base, from.values), from.values, from.version);
      setState(fresh(saved));
      return true;
    } catch (error) {
      const isStale = error instanceof ApiError && error.status === 412;
      if (!isStale || tries === 0) {
        throw error;
      }
      const merged = rebased(from, await load());
      setState(merged);
      return merged.conflicts.length === 0 && (await attempt(merged, tries - 1));
    }
  };
  const save = async () => {
    setResult({ ...IDLE, isSaving: true });
    try {
      const isSaved = await attempt(next, MAX_TRIES);
      setResult({ ...IDLE, isSaved });
      return isSaved;
    } catch (error) {
      setResult({ ...IDLE, error });
      return false;
    }
  };
  return {
    values: next.values,
    isDirty,
    ...result,
    isSaved: result.isSaved && !isDirty,
    conflicts: new Map(next.conflicts.map((field) => [field, next.base[field]])),
    adopted: next.adopted,
    set: (change) => {
      setState((before) => ({ ...before, values: { ...before.values, ...change } }));
      setResult((before) => (before.isSaving ? before : { ...before, isSaved: false, error: null }));
    },
    resolve: (field, keepsMine) =>
      setState((before) => ({
        ...before,
        conflicts: before.conflicts.filter((name) => name !== field),
        values: keepsMine ? before.values : { ...before.values, [field]: before.base[field] },
      })),
    save,
    discard: () => {
      setState((before) => fresh({ values: before.base, version: before.version }));
      setResult(IDLE);
    },
  };
}

function fresh<D extends object>({ values, version }: Stored<D>): State<D> {
  return { base: values, version, values, conflicts: [], adopted: [] };
}

function rebased<D extends object>(before: State<D>, stored: Stored<D>): State<D> {
  if (changedFields(before.base, before.values).length === 0) {
    return fresh(stored);
  }
  const { draft, conflicts, adopted } = rebase(before.base, before.values, stored.values);
  const stillOpen = before.conflicts.filter((name) => !conflicts.includes(name));
  return {
    base: stored.values,
    version: stored.version,
    values: draft,
    conflicts: [
      ...conflicts,
      ...stillOpen.filter((name) => changedFields(stored.values, draft).includes(name)),
    ],
    adopted: [...new Set([...before.adopted, ...adopted])],
  };
}
