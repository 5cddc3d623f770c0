import { expect, test } from "vitest";
import { TransferRate } from "./transfer-rate";

test("a steady transfer is measured exactly after the settling time", () => {
  const rate = new TransferRate();
  rate.add(0, 0);
  rate.add(1_000, 1_000_000);
  expect(rate.perSecond).toBeNull();
  for (let second = 2; second <= 10; second += 1) {
    rate.add(second * 1_000, second * 1_000_000);
  }
  expect(rate.perSecond).toBeCloseTo(1_000_000, 0);
  expect(rate.remainingMs(15_000_000)).toBeCloseTo(5_000, 0);
});

test("a change of speed shows within seconds", () => {
  const rate = new TransferRate();
  for (let second = 0; second <= 20; second += 1) {
    rate.add(second * 1_000, second * 100);
  }
  for (let second = 21; second <= 41; second += 1) {
    rate.add(second * 1_000, 2_000 + (second - 20) * 1_000);
  }
  expect(rate.perSecond).toBeGreaterThan(900);
});

test("a pause does not lower the rate", () => {
  const rate = new TransferRate();
  rate.add(0, 0);
  rate.add(2_000, 2_000);
  rate.add(600_000, 2_000);
  expect(rate.perSecond).toBeNull();
  expect(rate.remainingMs(10_000)).toBeNull();
});
