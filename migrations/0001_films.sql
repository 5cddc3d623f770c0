-- Films and the masters uploaded for them.

-- UUIDv7 by the database's clock: rows made within one transaction (a build's jobs) need ids that no caller hands in,
-- and time never comes from a worker. The version nibble of a v4 is raised to 7 (bits 52 and 53), RFC 9562 §5.7.
CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        set_bit(set_bit(
            overlay(
                uuid_send(gen_random_uuid())
                PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6
            ), 52, 1), 53, 1),
        'hex')::uuid
$$;

CREATE TABLE films (
    id          uuid        NOT NULL CONSTRAINT films_pkey PRIMARY KEY,
    -- BCP 47 language -> title. One object, since titles are always read and written together.
    titles      jsonb       NOT NULL
                CONSTRAINT films_titles_given CHECK (jsonb_typeof(titles) = 'object' AND titles <> '{}'),
    -- Whether viewers may see it once it is ready; an admin's decision, never the pipeline's.
    visibility  text        NOT NULL DEFAULT 'draft'
                CONSTRAINT films_visibility_known CHECK (visibility IN ('draft', 'public')),
    -- The pipeline's summary, kept here so that a list of films needs no join. 'ready' says that build_id can be played
    -- and stays while a newer master is encoded, and when that fails: viewers do not lose a film to a better copy of it.
    status      text        NOT NULL DEFAULT 'empty'
                CONSTRAINT films_status_known CHECK (status IN ('empty', 'processing', 'ready', 'failed')),
    -- Why there is nothing to play, in words an admin can act on.
    failure     text        NULL,
    -- Name of the profile its masters are planned with.
    profile     text        NOT NULL,
    -- The build viewers get. Its foreign key comes with builds.
    build_id    uuid        NULL,
    -- Facts of that build, copied when it is published: the catalogue shows them without reading plans.
    duration_ms bigint      NULL CONSTRAINT films_duration_positive CHECK (duration_ms > 0),
    width       integer     NULL CONSTRAINT films_width_positive CHECK (width > 0),
    height      integer     NULL CONSTRAINT films_height_positive CHECK (height > 0),
    -- Counts admins' edits, for If-Match. The pipeline does not raise it, or every edit made during an encode would be stale.
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT films_ready_has_build CHECK ((status = 'ready') = (build_id IS NOT NULL)),
    CONSTRAINT films_failed_has_reason CHECK ((status = 'failed') = (failure IS NOT NULL))
);

-- The catalogue's order, newest first: for admins all, for viewers what they may see.
CREATE INDEX films_newest ON films (created_at DESC, id DESC);
CREATE INDEX films_newest_shown ON films (created_at DESC, id DESC) WHERE visibility = 'public' AND status = 'ready';

-- A row is both the upload and the master it becomes, so that there is no moment at which one exists without the other.
CREATE TABLE film_files (
    id             uuid        NOT NULL CONSTRAINT film_files_pkey PRIMARY KEY,
    film_id        uuid        NOT NULL CONSTRAINT film_files_film_fkey REFERENCES films (id),
    -- What the admin's computer called it; shown, never used as a path.
    name           text        NOT NULL CONSTRAINT film_files_name_given CHECK (name <> ''),
    size_bytes     bigint      NOT NULL CONSTRAINT film_files_size_positive CHECK (size_bytes > 0),
    -- Bytes that are durable in storage and covered by hash_state. Storage may hold more: those are cut off on resuming.
    received_bytes bigint      NOT NULL DEFAULT 0
                   CONSTRAINT film_files_received_within_size CHECK (received_bytes BETWEEN 0 AND size_bytes),
    state          text        NOT NULL DEFAULT 'uploading'
                   CONSTRAINT film_files_state_known
                   CHECK (state IN ('uploading', 'uploaded', 'duplicate', 'refused', 'expired')),
    -- SHA-256 of the whole file, lower-case hexadecimal.
    sha256         text        NULL CONSTRAINT film_files_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- The running hash after received_bytes, so that a killed server goes on without reading the file again.
    hash_state     bytea       NULL,
    -- What the admin should know of it: why it was refused, what it is a duplicate of.
    note           text        NULL,
    -- domain::facts::MediaFacts, once probed.
    facts          jsonb       NULL,
    -- When an unfinished upload is given up (tus 1.0 expiration).
    expires_at     timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT film_files_whole_when_uploaded
        CHECK (state IN ('uploading', 'expired') OR (received_bytes = size_bytes AND sha256 IS NOT NULL)),
    CONSTRAINT film_files_refused_has_reason CHECK (state <> 'refused' OR note IS NOT NULL)
);

CREATE INDEX film_files_by_film ON film_files (film_id, created_at, id);
-- Finding the same master in the same film when an upload ends.
CREATE INDEX film_files_by_sha256 ON film_files (film_id, sha256);
-- The sweep of abandoned uploads.
CREATE INDEX film_files_expiring ON film_files (expires_at) WHERE state = 'uploading';
