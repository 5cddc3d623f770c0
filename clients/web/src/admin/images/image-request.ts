import type { Image, Session } from "@nang/api-client";
import { api } from "../../session";
import { ifMatch } from "../film-page/open-film";
import { sendFile } from "../send-file";
import type { Focus } from "./focus";

export interface NewImage {
  /** The images of a film or a person, such as `/api/admin/films/<id>/images?kind=poster`. */
  url: string;
  /** Version of the film or person. */
  version: number;
  image: Blob;
}

export async function sendImage(session: Session, { url, version, image }: NewImage): Promise<void> {
  await sendFile(session, {
    method: "POST",
    url,
    body: image,
    contentType: image.type,
    headers: ifMatch(version),
  });
}

/** `version`: of the film or person. */
export function setFocus(image: Image, focus: Focus | null, version: number): Promise<unknown> {
  return api.put("/api/admin/images/{id}/focus", {
    path: { id: image.id },
    header: ifMatch(version),
    body: { focus },
  });
}
