/** The credits of a film as a form has them. */
import type { AdminFilm, CreditRole, Labelled } from "@nang/api-client";
import type { FilmChange } from "./open-film";

export interface CreditDraft {
  person: Pick<Labelled, "id" | "slug" | "names">;
  role: CreditRole;
  /** The part of an actor, or what a person with the role `other` did. */
  as: Record<string, string>;
}

export interface CreditsDraft {
  credits: CreditDraft[];
}

export const ROLES: readonly CreditRole[] = [
  "director",
  "writer",
  "producer",
  "actor",
  "cinematographer",
  "editor",
  "composer",
  "sound",
  "production_design",
  "other",
];

export function creditsOf(film: AdminFilm): CreditsDraft {
  return {
    credits: film.credits.map(({ person: { id, slug, names }, role, credited_as }) => ({
      person: { id, slug, names },
      role,
      as: { ...credited_as },
    })),
  };
}

export function creditsChange(_fields: unknown, { credits }: CreditsDraft): FilmChange {
  return {
    credits: credits.map(({ person, role, as }) => {
      const texts = Object.entries(as).filter(([, text]) => text.trim() !== "");
      const isNamed = hasPart(role) && texts.length > 0;
      return {
        person_id: person.id,
        role,
        ...(isNamed && { credited_as: Object.fromEntries(texts.map(([tag, text]) => [tag, text.trim()])) }),
      };
    }),
  };
}

/** Whether a credit with this role says a part or a job in words. */
export function hasPart(role: CreditRole): boolean {
  return role === "actor" || role === "other";
}
