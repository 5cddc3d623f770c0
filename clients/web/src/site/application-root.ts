import { createRoot, type Root } from "react-dom/client";

/** In the place of what index.html shows. React itself is loaded with the code of all pages, not with that of the first one. */
export function applicationRoot(element: Element): Root {
  return createRoot(element);
}
