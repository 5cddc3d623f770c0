import type { Session } from "@nang/api-client";
import { ifMatch } from "../film-page/open-film";
import { sendFile } from "../send-file";

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
