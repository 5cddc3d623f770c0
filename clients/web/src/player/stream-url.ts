/**
 * The address of a protected stream: `<origin>/v/<token>/<film>/<build>/main.m3u8`.
 *
 * Every address in a playlist is relative, so a player goes on using the token it began with. When the token is renewed
 * in the middle of a film, requests for the same build are moved over to the new one here.
 */
export interface StreamUrl {
  /** The whole address of the multivariant playlist. */
  readonly href: string;
  /** Everything before the token, with the closing slash. */
  readonly prefix: string;
  readonly token: string;
  /** `/<film>/<build>/`, which the token is good for. */
  readonly build: string;
}

const STREAM_PATH = /^(.*\/v\/)([^/]+)(\/[^/]+\/[^/]+\/)[^/]+$/;

export function parseStreamUrl(address: string, pageUrl: string): StreamUrl {
  const url = new URL(address, pageUrl);
  const match = STREAM_PATH.exec(url.pathname);
  const [, path, token, build] = match ?? [];
  if (path === undefined || token === undefined || build === undefined) {
    throw new TypeError("Not the address of a stream");
  }
  return { href: url.href, prefix: `${url.origin}${path}`, token, build };
}

/** The same object under the current token; an address that is not of this build is left alone. */
export function withCurrentToken(address: string, current: StreamUrl): string {
  if (!address.startsWith(current.prefix)) {
    return address;
  }
  const rest = address.slice(current.prefix.length);
  const slash = rest.indexOf("/");
  if (slash < 0 || !rest.startsWith(current.build, slash)) {
    return address;
  }
  return `${current.prefix}${current.token}${rest.slice(slash)}`;
}
