/** A progress bar. The caller shows the number next to it. */
import type { CSSProperties } from "react";
import { percentOf } from "../lib/format";

interface MeterProps {
  label: string;
  done: number;
  total: number;
  className?: string;
}

export function Meter({ label, done, total, className = "" }: MeterProps) {
  const filled = total > 0 ? Math.min(1, done / total) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percentOf(done, total)}
      className={`meter ${className}`}
      style={{ "--filled": filled } as CSSProperties}
    />
  );
}
