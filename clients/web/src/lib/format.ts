/** Formats numbers for people. */
import type { Dictionary } from "../i18n/en";

/** `1:02:03` or `2:03`, as a player shows it. */
export function clockTime(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : `${Math.floor(whole / 60)}:${parts[1]}`;
}

/** `1 hour 2 minutes`, for a film's length and for screen readers. Seconds only below one minute. */
export function longDuration(milliseconds: number, t: Dictionary): string {
  const { hoursLong, minutesLong, secondsLong } = t.duration;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) {
    return secondsLong(seconds);
  }
  const minutes = Math.round(seconds / 60);
  const parts = [];
  if (minutes >= 60) {
    parts.push(hoursLong(Math.floor(minutes / 60)));
  }
  if (minutes % 60 > 0) {
    parts.push(minutesLong(minutes % 60));
  }
  return parts.join(" ");
}

/** `1 h 2 min`, for narrow places. */
export function shortDuration(milliseconds: number, t: Dictionary): string {
  const { hours, minutes, seconds } = t.duration;
  const whole = Math.round(milliseconds / 1000);
  if (whole < 60) {
    return `${whole} ${seconds}`;
  }
  const total = Math.round(whole / 60);
  const rest = total % 60 > 0 ? `${total % 60} ${minutes}` : "";
  return total >= 60 ? `${Math.floor(total / 60)} ${hours} ${rest}`.trim() : rest;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Decimal units, as for disks and mobile data plans. */
export function byteSize(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export function bitrate(bitsPerSecond: number): string {
  return bitsPerSecond >= 999_500
    ? `${(bitsPerSecond / 1_000_000).toFixed(1)} Mbit/s`
    : `${Math.round(bitsPerSecond / 1000)} kbit/s`;
}

/** Whole percent. 100 only when everything is done. */
export function percentOf(done: number, total: number): number {
  return total > 0 ? (done >= total ? 100 : Math.min(99, Math.floor((done / total) * 100))) : 0;
}

export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** `−31.2`, `+8.2`: one decimal and always a sign, except for zero. */
export function decibels(value: number): string {
  const rounded = Math.abs(value).toFixed(1);
  return rounded === "0.0" ? rounded : `${value < 0 ? "−" : "+"}${rounded}`;
}
