/** The posters, backdrops and stills of a film. The first of each kind is the one that pages show. */
import type { Image } from "@nang/api-client";
import { useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { api, session } from "../../session";
import { InlineError, Working } from "../../ui/notice";
import { FilmPreview } from "../film-preview";
import { CropDialog } from "../images/crop-dialog";
import type { Focus } from "../images/focus";
import { type FilmImageKind, FRAME_OF, IMAGE_KINDS } from "../images/image-kinds";
import { ImageList } from "../images/image-list";
import { sendImage, setFocus } from "../images/image-request";
import { StillPicker } from "../images/still-picker";
import { DropZone } from "../upload/drop-zone";
import { useAction } from "../use-action";
import { ifMatch, useOpenFilm } from "./open-film";

const IMAGES = "image/jpeg,image/png,image/webp";

export function ImagesTab() {
  const { t, language } = useEditorLanguage();
  const { film, accept } = useOpenFilm();
  const [cropped, setCropped] = useState<{ kind: FilmImageKind; image: Blob } | null>(null);
  const { working, error, run } = useAction();
  const preview = useRef<HTMLDivElement>(null);

  /** Every change of the images is a new version of the film. */
  const change = (work: (version: number) => Promise<unknown>) =>
    run(async () => {
      const newest = await api.get("/api/admin/films/{id}", { path: { id: film.id } });
      await work(newest.version);
      accept(await api.get("/api/admin/films/{id}", { path: { id: film.id } }));
    });
  const send = (kind: FilmImageKind, image: Blob) => {
    setCropped(null);
    change((version) =>
      sendImage(session, { url: `/api/admin/films/${film.id}/images?kind=${kind}`, version, image }),
    );
  };
  const order = (kind: FilmImageKind, sorted: readonly Image[]) => {
    const others = film.images.filter((image) => image.kind !== kind);
    const images = [...others, ...sorted].map(({ id }) => id);
    change((version) =>
      api.put("/api/admin/films/{id}/images", {
        path: { id: film.id },
        header: ifMatch(version),
        body: { images },
      }),
    );
  };
  const remove = (image: Image) =>
    change((version) =>
      api.delete("/api/admin/images/{id}", { path: { id: image.id }, header: ifMatch(version) }),
    );
  const focus = (image: Image, point: Focus | null) => change((version) => setFocus(image, point, version));
  return (
    <div className="space-y-10">
      <div role="status" className="empty:hidden">
        {working && <Working label={t.images.working} className="justify-start!" />}
      </div>
      <InlineError error={error} />
      {IMAGE_KINDS.map((kind) => (
        <section key={kind} className="space-y-3">
          <h2 className="text-lg font-semibold">{t.images.kinds[kind]}</h2>
          <p className="text-soft">{t.images.hints[kind]}</p>
          <ImageList
            kind={kind}
            images={film.images.filter((image) => image.kind === kind)}
            working={working}
            onSort={(sorted) => order(kind, sorted)}
            onRemove={remove}
            onFocus={focus}
          />
          <DropZone
            title={t.images.drop[kind]}
            hint={t.images.dropHint}
            accept={IMAGES}
            onFile={(image) => setCropped({ kind, image })}
          />
        </section>
      ))}
      {film.build_id !== null && (
        <section className="space-y-3">
          <h2 className="text-lg font-semibold">{t.images.fromFilm}</h2>
          <p className="text-soft">{t.images.fromFilmHint}</p>
          <div ref={preview}>
            <FilmPreview
              film={film}
              title={titleOf(film.titles, language, t.films.untitled).text}
              jump={null}
            />
          </div>
          <StillPicker container={preview} onPick={(kind, image) => setCropped({ kind, image })} />
        </section>
      )}
      {cropped && (
        <CropDialog
          image={cropped.image}
          frame={FRAME_OF[cropped.kind]}
          onClose={() => setCropped(null)}
          onCropped={(image) => send(cropped.kind, image)}
        />
      )}
    </div>
  );
}
