-- Encodings of masters. A build is never changed once it is ready; a new encode is a new build.

CREATE TABLE builds (
    id          uuid        NOT NULL CONSTRAINT builds_pkey PRIMARY KEY,
    film_id     uuid        NOT NULL CONSTRAINT builds_film_fkey REFERENCES films (id),
    file_id     uuid        NOT NULL CONSTRAINT builds_file_fkey REFERENCES film_files (id),
    -- Name of the profile; also in the plan, here for finding a build of the same master with the same profile.
    profile     text        NOT NULL,
    -- 'superseded' was ready until a newer build took its place; its objects are being or have been collected.
    state       text        NOT NULL DEFAULT 'encoding'
                CONSTRAINT builds_state_known
                CHECK (state IN ('encoding', 'publishing', 'ready', 'failed', 'cancelled', 'superseded')),
    -- domain::plan::Plan. All that workers need to know, frozen, so that a changed profile cannot mix into a running build.
    plan        jsonb       NOT NULL,
    -- Chunks and sound tracks altogether.
    parts       integer     NOT NULL CONSTRAINT builds_parts_positive CHECK (parts > 0),
    -- Parts whose job is not done, whatever else it is. Who brings it to zero inserts the publish job.
    pending     integer     NOT NULL CONSTRAINT builds_pending_within_parts CHECK (pending BETWEEN 0 AND parts),
    failure     text        NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- When it became ready, failed or was cancelled.
    finished_at timestamptz NULL,
    CONSTRAINT builds_nothing_pending_after_encoding CHECK (state NOT IN ('publishing', 'ready', 'superseded') OR pending = 0),
    CONSTRAINT builds_failed_has_reason CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT builds_finished_has_time CHECK ((state IN ('encoding', 'publishing')) = (finished_at IS NULL))
);

CREATE INDEX builds_by_film ON builds (film_id, created_at, id);
CREATE INDEX builds_by_file ON builds (file_id);

ALTER TABLE films ADD CONSTRAINT films_build_fkey FOREIGN KEY (build_id) REFERENCES builds (id);

-- What a build consists of, for the admin's eyes; players read playlists.
CREATE TABLE renditions (
    build_id    uuid     NOT NULL CONSTRAINT renditions_build_fkey REFERENCES builds (id),
    -- Folder within the build.
    name        text     NOT NULL CONSTRAINT renditions_name_form CHECK (name ~ '^[a-z0-9-]{1,32}$'),
    kind        text     NOT NULL CONSTRAINT renditions_kind_known CHECK (kind IN ('video', 'audio')),
    -- Place in the plan: video rungs best first, then sound tracks with the default first.
    position    integer  NOT NULL,
    width       integer  NULL,
    height      integer  NULL,
    language    text     NULL,
    label       text     NULL,
    -- Measured when the build is published; null until then.
    codecs      text     NULL,
    average_bps bigint   NULL,
    peak_bps    bigint   NULL,
    size_bytes  bigint   NULL,
    segments    integer  NULL,
    CONSTRAINT renditions_pkey PRIMARY KEY (build_id, name),
    CONSTRAINT renditions_position_once UNIQUE (build_id, position),
    CONSTRAINT renditions_video_has_size CHECK ((kind = 'video') = (width IS NOT NULL AND height IS NOT NULL))
);
