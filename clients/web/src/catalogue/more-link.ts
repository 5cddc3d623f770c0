/** The look of a link beside a heading, to the whole of what is below it. */
export const MORE_LINK =
  "inline-flex min-h-11 shrink-0 items-center rounded px-1 text-sm text-accent underline-offset-4 hover:text-accent-strong hover:underline";
