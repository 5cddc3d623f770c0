/** An address with an id or a former slug becomes the address with the present slug, without another entry in the history. */
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

interface CanonicalSlug {
  /** The slug or id in the address. */
  asked: string;
  /** Undefined until it is known. */
  slug: string | undefined;
}

export function useCanonicalSlug({ asked, slug }: CanonicalSlug): void {
  const { history } = useRouter();
  useEffect(() => {
    if (slug !== undefined && slug !== asked) {
      const { href, state } = history.location;
      history.replace(href.replace(encodeURIComponent(asked), encodeURIComponent(slug)), state);
    }
  }, [asked, slug, history]);
}
