-- Room that each film takes, kept as it changes: the list of the largest would otherwise sum over all films.

CREATE TABLE film_storage (
    film_id       uuid   NOT NULL CONSTRAINT film_storage_pkey PRIMARY KEY
                  CONSTRAINT film_storage_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    -- Of masters, as far as they have come; one that was given up or was there already has no object.
    masters_bytes bigint NOT NULL DEFAULT 0 CONSTRAINT film_storage_masters_not_negative CHECK (masters_bytes >= 0),
    -- Of builds whose objects have not been collected, as measured when they were published.
    builds_bytes  bigint NOT NULL DEFAULT 0 CONSTRAINT film_storage_builds_not_negative CHECK (builds_bytes >= 0),
    -- Of its pictures, in all their widths.
    images_bytes  bigint NOT NULL DEFAULT 0 CONSTRAINT film_storage_images_not_negative CHECK (images_bytes >= 0),
    total_bytes   bigint NOT NULL GENERATED ALWAYS AS (masters_bytes + builds_bytes + images_bytes) STORED
);
CREATE INDEX film_storage_largest ON film_storage (total_bytes DESC, film_id DESC);

-- Sums what one film has. Its row is locked first, so that of two who change the same film the later one sees what the earlier
-- one wrote; nothing is locked after it.
CREATE FUNCTION film_storage_sum(film uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM film_storage WHERE film_storage.film_id = film FOR NO KEY UPDATE;
    UPDATE film_storage SET
        masters_bytes = (
            SELECT coalesce(sum(film_files.received_bytes), 0) FROM film_files
            WHERE film_files.film_id = film AND film_files.state IN ('uploading', 'uploaded', 'refused')
        ),
        builds_bytes = (
            SELECT coalesce(sum(renditions.size_bytes), 0)
            FROM builds JOIN renditions ON renditions.build_id = builds.id
            WHERE builds.film_id = film
              AND NOT EXISTS (SELECT FROM jobs WHERE jobs.build_id = builds.id AND jobs.kind = 'collect' AND jobs.state = 'done')
        ),
        images_bytes = (SELECT coalesce(sum(images.size_bytes), 0) FROM images WHERE images.film_id = film)
    WHERE film_storage.film_id = film;
END $$;

CREATE FUNCTION film_storage_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO film_storage (film_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER film_storage_begin AFTER INSERT ON films FOR EACH ROW EXECUTE FUNCTION film_storage_begin();

-- Of tables whose rows name their film.
CREATE FUNCTION film_storage_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM film_storage_sum(OLD.film_id); END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.film_id IS DISTINCT FROM OLD.film_id) THEN
        PERFORM film_storage_sum(NEW.film_id);
    END IF;
    RETURN NULL;
END $$;
-- An upload begins with nothing.
CREATE TRIGGER film_storage_masters AFTER UPDATE OF film_id, received_bytes, state OR DELETE ON film_files
    FOR EACH ROW EXECUTE FUNCTION film_storage_change();
CREATE TRIGGER film_storage_images AFTER INSERT OR UPDATE OF film_id, size_bytes OR DELETE ON images
    FOR EACH ROW EXECUTE FUNCTION film_storage_change();
CREATE TRIGGER film_storage_collected AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.kind = 'collect' AND NEW.state = 'done') EXECUTE FUNCTION film_storage_change();

-- Rows of a build go only with all of its film.
CREATE FUNCTION film_storage_measured() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM film_storage_sum(builds.film_id) FROM builds WHERE builds.id = NEW.build_id;
    RETURN NULL;
END $$;
CREATE TRIGGER film_storage_measured AFTER UPDATE OF size_bytes ON renditions
    FOR EACH ROW EXECUTE FUNCTION film_storage_measured();

INSERT INTO film_storage (film_id) SELECT id FROM films;
SELECT count(film_storage_sum(id)) FROM films;
