/** Stands where a page or a part of it loads: placeholders of the same size to see, and a text for screen readers. */
import type { ReactNode } from "react";

interface LoadingProps {
  label: string;
  className?: string;
  children: ReactNode;
}

export function Loading({ label, className, children }: LoadingProps) {
  return (
    <div className={className} aria-busy="true">
      <p role="status" className="sr-only">
        {label}
      </p>
      {children}
    </div>
  );
}
