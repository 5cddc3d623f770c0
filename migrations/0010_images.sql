-- Posters, backdrops, stills and portraits that can be served, and nothing of them left behind in storage.

ALTER TABLE images
    -- Widths in pixels that it was made in, rising: its addresses. Kept with the row, so that later pictures may have others.
    ADD COLUMN widths integer[] NOT NULL CONSTRAINT images_widths_given CHECK (cardinality(widths) > 0),
    -- What pages show in its place until it has come over a poor link.
    ADD COLUMN placeholder_colour text NOT NULL CONSTRAINT images_placeholder_colour_form CHECK (placeholder_colour ~ '^#[0-9a-f]{6}$');

COMMENT ON COLUMN images.media_type IS 'Of the upload, which is kept; what is served is always JPEG.';
COMMENT ON COLUMN images.width IS 'Of the upload as it is to be seen, after its orientation was applied; height too.';
COMMENT ON COLUMN images.size_bytes IS 'Of all its objects together.';

-- Objects under images/<id> that are to go: a picture's that was deleted, or one's that is being stored, should that never end.
-- No foreign key: it names what has no row, or none yet.
CREATE TABLE image_removals (
    image_id   uuid        NOT NULL CONSTRAINT image_removals_pkey PRIMARY KEY,
    -- Not before this. While a server collects them it is moved on, so that another takes over only when the first is gone.
    due_at     timestamptz NOT NULL DEFAULT now(),
    -- Some may be gone already: a picture that is stored too late must not get a row any more.
    collecting boolean     NOT NULL DEFAULT false
);
CREATE INDEX image_removals_due ON image_removals (due_at);

-- However a row goes (deleted, or with its purged film or deleted person), its objects follow.
CREATE FUNCTION images_remove_objects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO image_removals (image_id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER images_remove_objects AFTER DELETE ON images FOR EACH ROW EXECUTE FUNCTION images_remove_objects();

-- What viewers are told of a picture.
CREATE FUNCTION image_facts(image images) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('id', image.id, 'kind', image.kind, 'width', image.width, 'height', image.height,
                              'widths', image.widths, 'placeholder_colour', image.placeholder_colour)
$$;
CREATE FUNCTION film_poster(film uuid) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT image_facts(images) FROM images WHERE images.film_id = film AND images.kind = 'poster'
    ORDER BY images.position, images.id LIMIT 1
$$;
CREATE FUNCTION person_portrait(person uuid) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT image_facts(images) FROM images WHERE images.person_id = person ORDER BY images.position, images.id LIMIT 1
$$;

-- The first of each, copied by whatever changes its pictures: lists of films show posters and must not read another table for them.
ALTER TABLE films ADD COLUMN poster jsonb NULL;
ALTER TABLE people ADD COLUMN portrait jsonb NULL;
