/** The tabs of a film's page. Each has an address: `/admin/films/<id>` is the first one's, `/admin/films/<id>/<name>` the others'. */
import type { ComponentType } from "react";
import { BuildsTab } from "./builds-tab";
import { DeleteTab } from "./delete-tab";
import { DetailsTab } from "./details-tab";
import { HistoryTab } from "./history-tab";
import { ImagesTab } from "./images-tab";
import { OverviewTab } from "./overview-tab";
import { PeopleTab } from "./people-tab";
import { RightsTab } from "./rights-tab";
import { TracksTab } from "./tracks-tab";

const TABS = {
  overview: OverviewTab,
  details: DetailsTab,
  people: PeopleTab,
  images: ImagesTab,
  tracks: TracksTab,
  builds: BuildsTab,
  rights: RightsTab,
  history: HistoryTab,
  delete: DeleteTab,
} satisfies Record<string, ComponentType>;

export type TabName = keyof typeof TABS;
export const TAB_NAMES = Object.keys(TABS) as TabName[];

/** Null if no tab has this name. */
export function tabOf(name: string | undefined): { name: TabName; Tab: ComponentType } | null {
  const known = TAB_NAMES.find((tab) => tab === (name ?? "overview"));
  return known && name !== "overview" ? { name: known, Tab: TABS[known] } : null;
}
