import type { ReactNode } from "react";

interface PanelProps {
  title: string;
  text?: string;
  children: ReactNode;
}

/** One group of settings. */
export function Panel({ title, text, children }: PanelProps) {
  return (
    <section className="space-y-4 rounded-3xl border border-line bg-stage p-5 sm:p-7">
      <div>
        <h2 className="text-lg font-semibold">{title}</h2>
        {text && <p className="text-sm text-muted">{text}</p>}
      </div>
      {children}
    </section>
  );
}
