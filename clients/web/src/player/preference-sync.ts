/** How the viewer of this browser watches. */
import { storageOrNull } from "../lib/storage";
import { session } from "../session";
import { PreferenceStore } from "./viewing-preferences";

export const browserPreferences = new PreferenceStore(
  storageOrNull("localStorage"),
  () => session.user?.id ?? null,
);
