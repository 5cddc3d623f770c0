/** The portraits of a person. */
import type { AdminPerson, Image } from "@nang/api-client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { api, session } from "../../session";
import { InlineError } from "../../ui/notice";
import { ifMatch } from "../film-page/open-film";
import { DropZone } from "../upload/drop-zone";
import { useAction } from "../use-action";
import { CropDialog } from "./crop-dialog";
import { FRAME_OF } from "./image-kinds";
import { ImageList } from "./image-list";
import { sendImage, setFocus } from "./image-request";

export function Portraits({ person }: { person: AdminPerson }) {
  const { t } = useEditorLanguage();
  const client = useQueryClient();
  const [image, setImage] = useState<Blob | null>(null);
  const { working, error, run } = useAction();
  const path = { id: person.id };
  const queryKey = ["admin-portraits", person.id];
  const images = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.get("/api/admin/cast/{id}/images", { path, signal }),
    staleTime: 0,
  });
  /** Every change of the images is a new version of the person. */
  const change = (work: (version: number) => Promise<unknown>) =>
    run(async () => {
      const { version } = await api.get("/api/admin/cast/{id}", { path });
      await work(version);
      await client.invalidateQueries();
    });
  const order = (sorted: readonly Image[]) =>
    change((version) =>
      api.put("/api/admin/cast/{id}/images", {
        path,
        header: ifMatch(version),
        body: { images: sorted.map(({ id }) => id) },
      }),
    );
  return (
    <section className="mt-6 space-y-3 border-t border-line pt-5">
      <h3 className="text-lg font-semibold">{t.images.kinds.portrait}</h3>
      <InlineError error={images.error ?? error} />
      <ImageList
        kind="portrait"
        images={images.data?.items ?? []}
        working={working}
        onSort={order}
        onFocus={(portrait, focus) => change((version) => setFocus(portrait, focus, version))}
        onRemove={({ id }) =>
          change((version) =>
            api.delete("/api/admin/images/{id}", { path: { id }, header: ifMatch(version) }),
          )
        }
      />
      <DropZone
        title={t.images.drop.portrait}
        hint={t.images.dropHint}
        accept="image/jpeg,image/png,image/webp"
        onFile={setImage}
      />
      {image && (
        <CropDialog
          image={image}
          frame={FRAME_OF.portrait}
          onClose={() => setImage(null)}
          onCropped={(cropped) => {
            setImage(null);
            change((version) =>
              sendImage(session, { url: `/api/admin/cast/${person.id}/images`, version, image: cropped }),
            );
          }}
        />
      )}
    </section>
  );
}
