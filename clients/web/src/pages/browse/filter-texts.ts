import { BEFORE_DECADES, FIRST_DECADE } from "../../catalogue/film-filter";
import type { Dictionary } from "../../i18n/en";

export function decadeText(decade: number, t: Dictionary): string {
  return decade === BEFORE_DECADES ? t.browse.before(FIRST_DECADE) : t.browse.decadeOf(decade);
}
