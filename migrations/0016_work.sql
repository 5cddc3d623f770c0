-- Masters and builds that editors take away one by one, and who brought which master.

ALTER TABLE film_files
    -- Whoever began the upload, and their address then; null: the command line or Nang itself.
    ADD COLUMN created_by uuid NULL,
    ADD COLUMN created_by_email text NULL,
    -- Taken away by an editor: its object is being removed or is gone. The row stays for the builds that were made of it.
    ADD COLUMN deleted_at timestamptz NULL,
    ADD CONSTRAINT film_files_deleted_when_whole CHECK (deleted_at IS NULL OR state IN ('uploaded', 'duplicate', 'refused'));
-- Lists, newest first: of all, and of uploads that are under way.
CREATE INDEX film_files_newest ON film_files (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX film_files_uploading ON film_files (created_at DESC, id DESC) WHERE state = 'uploading';

ALTER TABLE builds
    -- Taken away by an editor before its time: its objects are being collected or are gone, and nothing is built on it again.
    ADD COLUMN deleted_at timestamptz NULL,
    ADD CONSTRAINT builds_deleted_when_ended CHECK (deleted_at IS NULL OR state IN ('failed', 'cancelled', 'superseded'));
CREATE INDEX builds_newest ON builds (created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- Collecting removes the objects of a build, or a master.
ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_has_file,
    DROP CONSTRAINT jobs_kind_has_build,
    ADD CONSTRAINT jobs_kind_has_file CHECK (kind IN ('collect', 'purge') OR file_id IS NOT NULL),
    ADD CONSTRAINT jobs_kind_has_build CHECK (
        CASE kind
            WHEN 'probe' THEN build_id IS NULL
            WHEN 'purge' THEN build_id IS NULL AND file_id IS NULL
            WHEN 'collect' THEN num_nonnulls(build_id, file_id) = 1
            ELSE build_id IS NOT NULL
        END);
CREATE UNIQUE INDEX jobs_one_live_collect_of_file ON jobs (file_id) WHERE kind = 'collect' AND state IN ('queued', 'running');

-- As before, without masters that were taken away.
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
            WHERE builds.film_id = film
              AND NOT EXISTS (SELECT FROM jobs WHERE jobs.build_id = builds.id AND jobs.kind = 'collect' AND jobs.state = 'done')
        ),
        images_bytes = (SELECT coalesce(sum(images.size_bytes), 0) FROM images WHERE images.film_id = film)
    WHERE film_storage.film_id = film;
END $$;
DROP TRIGGER film_storage_masters ON film_files;
CREATE TRIGGER film_storage_masters AFTER UPDATE OF film_id, received_bytes, state, deleted_at OR DELETE ON film_files
    FOR EACH ROW EXECUTE FUNCTION film_storage_change();
