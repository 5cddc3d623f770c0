/**
 * Notices that the server has a newer build of these pages than this one, whose name the server wrote in it, and loads it at a good
 * moment: when the visitor goes to another page, and nothing that they typed or watch is lost.
 */
import type { AnyRouter } from "@tanstack/react-router";
import { api } from "../session";

/** A page that stays open asks this often. Returning to it, and a connection that is back, ask too. */
const CHECK_EVERY_MS = 15 * 60_000;
const MIN_DISTANCE_MS = 60_000;

let isStale = false;

export function watchBuild(router: AnyRouter): void {
  const own = document.querySelector("meta[name=nang-build]")?.getAttribute("content") ?? null;
  if (own === null) {
    return; // The development server names no build.
  }
  let checkedAt = Date.now();
  const check = async (now = false) => {
    if (isStale || (!now && Date.now() - checkedAt < MIN_DISTANCE_MS)) {
      return;
    }
    checkedAt = Date.now();
    const served = await servedBuild().catch(() => null);
    isStale ||= served !== null && served !== own;
  };
  setInterval(() => document.visibilityState === "visible" && void check(), CHECK_EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void check());
  globalThis.addEventListener("online", () => void check(true));

  router.subscribe("onBeforeNavigate", ({ pathChanged, toLocation }) => {
    if (isStale && pathChanged) {
      globalThis.location.assign(toLocation.href);
    }
  });
}

async function servedBuild(): Promise<string | null> {
  return (await api.get("/api/auth/options")).pages_build;
}
