-- Jobs are deleted once they are old, so what follows from a job's end is a column of what it was done to.

ALTER TABLE builds
    -- A worker has begun to delete its objects: whatever becomes of that job, nothing may be built on them again.
    ADD COLUMN objects_deletion_began_at timestamptz NULL,
    -- All its objects are deleted.
    ADD COLUMN objects_deleted_at timestamptz NULL;

UPDATE builds SET objects_deletion_began_at = collect.began_at, objects_deleted_at = collect.done_at
FROM (
    SELECT build_id, min(started_at) AS began_at, min(finished_at) FILTER (WHERE state = 'done') AS done_at
    FROM jobs WHERE kind = 'collect' AND build_id IS NOT NULL AND started_at IS NOT NULL GROUP BY build_id
) AS collect
WHERE collect.build_id = builds.id AND builds.state IN ('failed', 'cancelled', 'superseded');

ALTER TABLE builds
    ADD CONSTRAINT builds_objects_deleted_when_begun
        CHECK (objects_deleted_at IS NULL OR objects_deletion_began_at IS NOT NULL),
    -- A build in use has its objects; so no statement can revive one that loses them.
    ADD CONSTRAINT builds_objects_deleted_when_ended
        CHECK (objects_deletion_began_at IS NULL OR state IN ('failed', 'cancelled', 'superseded'));

ALTER TABLE films
    -- A worker has begun to delete its masters and objects: it cannot be restored.
    ADD COLUMN purge_began_at timestamptz NULL;

UPDATE films SET purge_began_at = purge.began_at
FROM (SELECT film_id, min(started_at) AS began_at FROM jobs WHERE kind = 'purge' AND started_at IS NOT NULL GROUP BY film_id) AS purge
WHERE purge.film_id = films.id AND films.deleted_at IS NOT NULL;

ALTER TABLE films
    ADD CONSTRAINT films_purged_when_deleted CHECK (purge_began_at IS NULL OR deleted_at IS NOT NULL);

ALTER TABLE jobs
    -- Of a publish job: keys of objects that it found missing or altered. Jobs that make their parts again may overwrite these, and
    -- no others.
    ADD COLUMN damaged_keys text[] NOT NULL DEFAULT '{}';

-- Old jobs are deleted in the order in which they ended.
CREATE INDEX jobs_ended ON jobs (finished_at) WHERE state IN ('done', 'dead', 'cancelled');

-- As before, but a build's objects are gone when its own column says so.
CREATE OR REPLACE FUNCTION film_storage_sum(film uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM film_storage WHERE film_storage.film_id = film FOR NO KEY UPDATE;
    UPDATE film_storage SET
        masters_bytes = (
            SELECT coalesce(sum(film_files.received_bytes), 0) FROM film_files
            WHERE film_files.film_id = film AND film_files.state IN ('uploading', 'uploaded', 'refused')
              AND film_files.deleted_at IS NULL
        ),
        builds_bytes = (
            SELECT coalesce(sum(renditions.size_bytes), 0)
            FROM builds JOIN renditions ON renditions.build_id = builds.id
            WHERE builds.film_id = film AND builds.objects_deleted_at IS NULL
        ),
        images_bytes = (SELECT coalesce(sum(images.size_bytes), 0) FROM images WHERE images.film_id = film)
    WHERE film_storage.film_id = film;
END $$;
DROP TRIGGER film_storage_collected ON jobs;
CREATE TRIGGER film_storage_objects_deleted AFTER UPDATE OF objects_deleted_at ON builds
    FOR EACH ROW EXECUTE FUNCTION film_storage_change();
