/**
 * The URL of a protected stream: `<origin>/v/<token>/<film>/presentations/<presentation>/main.m3u8`.
 *
 * The URLs in a playlist are relative, so a player keeps using the token of the playlist. When the token is renewed during
 * playback, this module replaces it in the URLs of requests for the same film.
 */
export interface StreamUrl {
  /** The complete URL of the multivariant playlist. */
  readonly href: string;
  /** Everything before the token, including the slash. */
  readonly prefix: string;
  readonly token: string;
  /** `/<film>/`, for which the token is valid. */
  readonly film: string;
  /** Everything after the token: the path of the playlist, which names the presentation. */
  readonly playlist: string;
}

const STREAM_PATH = /^(.*\/v\/)([^/]+)((\/[^/]+\/)(?:[^/]+\/)+[^/]+)$/;

export function parseStreamUrl(text: string, pageUrl: string): StreamUrl {
  const url = new URL(text, pageUrl);
  const match = STREAM_PATH.exec(url.pathname);
  const [, path, token, playlist, film] = match ?? [];
  if (path === undefined || token === undefined || playlist === undefined || film === undefined) {
    throw new TypeError("Not a stream URL");
  }
  return { href: url.href, prefix: `${url.origin}${path}`, token, film, playlist };
}

/** Replaces the token of a URL with the current one. The URL of another film is returned unchanged. */
export function withCurrentToken(url: string, current: StreamUrl): string {
  if (!url.startsWith(current.prefix)) {
    return url;
  }
  const rest = url.slice(current.prefix.length);
  const slash = rest.indexOf("/");
  if (slash < 0 || !rest.startsWith(current.film, slash)) {
    return url;
  }
  return `${current.prefix}${current.token}${rest.slice(slash)}`;
}
