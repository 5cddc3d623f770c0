/** The token of the preview link that this tab shows. It is in the part of the address that browsers send to no server. */

const KEY = "nang.preview";

/**
 * `hash`: that part of the address, without its `#`. Empty without a token. The link to the page's content replaces that part, so the
 * tab remembers the token.
 */
export function previewToken(hash: string, tab: Pick<Storage, "getItem" | "setItem"> | null): string {
  if (/^[\w-]{43}$/.test(hash)) {
    tab?.setItem(KEY, hash);
    return hash;
  }
  return hash === "" ? "" : (tab?.getItem(KEY) ?? "");
}
