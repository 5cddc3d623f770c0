import type { Job } from "@nang/api-client";
import { expect, test } from "vitest";
import { byFilm, countByStage } from "./board";

const job = (
  id: string,
  film_id: string,
  kind: Job["kind"],
  state: Job["state"],
  index: number | null = null,
) => ({ id, film_id, kind, state, index, priority: 0 }) as Job;

const JOBS = [
  job("1", "old", "encode_chunk", "queued", 1),
  job("2", "old", "encode_chunk", "queued", 0),
  job("3", "busy", "encode_audio", "running", 0),
  job("4", "busy", "encode_chunk", "dead", 3),
  job("5", "broken", "publish", "dead"),
  job("6", "new", "probe", "queued"),
];

test("jobs are counted by stage, without those that have ended", () => {
  const counts = countByStage([...JOBS, job("7", "old", "probe", "done")]);
  expect(counts.encode).toEqual({ running: 1, queued: 2, dead: 1 });
  expect(counts.check).toEqual({ running: 0, queued: 1, dead: 0 });
  expect(counts.finish).toEqual({ running: 0, queued: 0, dead: 1 });
});

test("films at work come first, then failed ones, then the oldest", () => {
  expect(byFilm(JOBS).map(({ filmId }) => filmId)).toEqual(["busy", "broken", "old", "new"]);
  expect(byFilm(JOBS)[2]?.jobs.map(({ id }) => id)).toEqual(["2", "1"]);
});
