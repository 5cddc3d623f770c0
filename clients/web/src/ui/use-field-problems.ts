/**
 * What is wrong with the fields of a form. Fields are checked when the form is sent; from then on a field with a problem is checked
 * at each change, so that its message goes as soon as the field is right.
 */
import { type FormEvent, useState } from "react";

/** Says what is wrong with a value; null if nothing is. */
export type FieldRule = (value: string) => string | null;
export type FieldProblems<Name extends string> = Partial<Record<Name, string>>;

export interface UseFieldProblems<Name extends string> {
  problems: FieldProblems<Name>;
  /** Checks all fields. True if the form may be sent. */
  check(form: FormData): boolean;
  /** Shows what the server refused. Such a message goes when its field is changed. */
  report(found: FieldProblems<Name>): void;
  /** For the form's `onInput`. */
  onInput(event: FormEvent<HTMLFormElement>): void;
}

export function useFieldProblems<Name extends string>(
  rules: Record<Name, FieldRule>,
): UseFieldProblems<Name> {
  const [problems, setProblems] = useState<FieldProblems<Name>>({});
  const names = Object.keys(rules) as Name[];
  return {
    problems,
    check: (form) => {
      const found = problemsOf(rules, (name) => String(form.get(name) ?? ""));
      setProblems(found);
      return Object.keys(found).length === 0;
    },
    report: setProblems,
    onInput: ({ target }) => {
      const name = target instanceof HTMLInputElement ? names.find((one) => one === target.name) : undefined;
      if (name !== undefined && problems[name] !== undefined) {
        const { value } = target as HTMLInputElement;
        setProblems((before) => withChecked(before, name, rules[name](value)));
      }
    },
  };
}

export function problemsOf<Name extends string>(
  rules: Record<Name, FieldRule>,
  read: (name: Name) => string,
): FieldProblems<Name> {
  const found: FieldProblems<Name> = {};
  for (const name of Object.keys(rules) as Name[]) {
    const problem = rules[name](read(name));
    if (problem !== null) {
      found[name] = problem;
    }
  }
  return found;
}

export function withChecked<Name extends string>(
  before: FieldProblems<Name>,
  name: Name,
  problem: string | null,
): FieldProblems<Name> {
  const { [name]: _checked, ...others } = before;
  return (problem === null ? others : { ...others, [name]: problem }) as FieldProblems<Name>;
}
