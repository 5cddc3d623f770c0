export const HEADER_LINK =
  "inline-flex min-h-11 items-center gap-2 rounded-full px-3 text-sm text-soft hover:bg-panel hover:text-ink aria-[current=page]:text-ink";
