import type { FailureReason } from "@nang/api-client";
import { expect, test } from "vitest";
import description from "../../../api-client/openapi.json";
import { namesIn, REASON_TEXTS, reasonIn } from "./reasons";

const { enum: CODES, "x-enum-descriptions": TEXTS } =
  description.components.schemas.FailureReason.properties.code;

test("every code of the server is said in both languages, with all its values", () => {
  const english = Object.fromEntries(CODES.map((code, index) => [code, TEXTS[index]]));
  expect(REASON_TEXTS.en).toEqual(english);
  const names = (texts: object) =>
    Object.entries(texts).map(([code, text]) => `${code}: ${[...new Set(namesIn(text))].sort()}`);
  expect(names(REASON_TEXTS.lo).sort()).toEqual(names(english).sort());
});

test("the Lao texts are in Lao", () => {
  for (const [code, text] of Object.entries(REASON_TEXTS.lo)) {
    expect(code === "other" || /\p{Script=Lao}/u.test(text), code).toBe(true);
  }
});

test("a reason has its values and its cause", () => {
  const reason: FailureReason = {
    code: "job_failed_times",
    values: {
      work: { code: "work_audio", values: { number: "2" } },
      times: "3",
      cause: { code: "decoder_crashed", values: { signal: "11", at: "00:12:31" } },
    },
  };
  expect(reasonIn(reason, "en")).toBe(
    "Encoding audio track 2 failed 3 times, the last time: the decoder crashed (signal 11) at 00:12:31",
  );
  expect(reasonIn(reason, "lo")).toBe(
    "ແປງແທຣັກສຽງທີ 2 ບໍ່ສຳເລັດ 3 ຄັ້ງ, ຄັ້ງສຸດທ້າຍ: ໂຕອ່ານໄຟລ໌ລົ້ມ (ສັນຍານ 11) ທີ່ 00:12:31. ຕົ້ນສະບັບອາດເສຍຢູ່ບ່ອນນັ້ນ.",
  );
});

test("a reason without a known code is left to the server's words", () => {
  expect(reasonIn(null, "lo")).toBeNull();
  expect(reasonIn({ code: "other", values: { detail: "something new" } }, "lo")).toBeNull();
  const newer = { code: "of_a_newer_server", values: {} } as unknown as FailureReason;
  expect(reasonIn(newer, "lo")).toBeNull();
});
