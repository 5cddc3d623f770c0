/**
 * How the viewer of this browser watches, and the copy of it that the account keeps: taken over when the account logs in here, and
 * sent when the viewer chooses something. Without a connection the choice stays in this browser and is sent with the next one.
 */
import type { Preferences } from "@nang/api-client";
import { currentLanguage, onLanguageChosen, setLanguage } from "../i18n/language";
import { storageOrNull } from "../lib/storage";
import { PreferenceStore } from "../player/viewing-preferences";
import { api, session } from "../session";
import { fromAccount, toAccount } from "./account-preferences";

/** Choices that follow each other quickly are sent together. */
const SEND_AFTER_MS = 1_000;

let kept: Preferences | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

export const browserPreferences = new PreferenceStore(
  storageOrNull("localStorage"),
  () => session.user?.id ?? null,
  sendSoon,
);

export function startPreferenceSync(): void {
  let userId: string | null = null;
  const update = () => {
    const id = session.user?.id ?? null;
    if (id !== userId) {
      userId = id;
      kept = null;
      clearTimeout(timer);
      if (id !== null) {
        takeOver(id).catch(() => undefined); // The choices of this browser are used.
      }
    }
  };
  update();
  session.subscribe(update);
  onLanguageChosen(sendSoon);
}

async function takeOver(userId: string): Promise<void> {
  const preferences = await api.get("/api/auth/me/preferences");
  if (session.user?.id !== userId) {
    return;
  }
  kept = preferences;
  browserPreferences.adopt(fromAccount(preferences, browserPreferences.read()));
  if (preferences.language === "lo" || preferences.language === "en") {
    setLanguage(preferences.language);
  }
}

function sendSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void send().catch(() => undefined), SEND_AFTER_MS);
}

async function send(): Promise<void> {
  if (session.user === null) {
    return;
  }
  const before = kept ?? (await api.get("/api/auth/me/preferences"));
  kept = await api.put("/api/auth/me/preferences", {
    body: toAccount(before, browserPreferences.read(), currentLanguage()),
  });
}
