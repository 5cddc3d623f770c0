/** The language to mark a text with whose language the server does not send, so that Lao gets its line height and line breaks. */
export function langOf(text: string): string | undefined {
  return /\p{Script=Lao}/u.test(text) ? "lo" : undefined;
}
