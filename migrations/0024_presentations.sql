-- A build is what encoding made from one source; a presentation is what viewers play, and names renditions of one or more builds.

-- An unfinished build has a plan of the former format and objects in the former folder. It begins again from its master, in a new
-- build; its objects are deleted.
CREATE TEMPORARY TABLE unfinished ON COMMIT DROP AS
    SELECT builds.id, builds.film_id, builds.file_id FROM builds WHERE state IN ('encoding', 'publishing');
UPDATE job_attempts SET outcome = 'cancelled', finished_at = now(), error = 'Nang was upgraded, so the build began again'
FROM jobs WHERE jobs.id = job_attempts.job_id AND job_attempts.outcome IS NULL
    AND jobs.kind <> 'collect' AND jobs.build_id IN (SELECT id FROM unfinished);
UPDATE jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL, finished_at = now()
WHERE state IN ('queued', 'running') AND kind <> 'collect' AND build_id IN (SELECT id FROM unfinished);
UPDATE builds SET state = 'failed', finished_at = now(), failure = 'Nang was upgraded, so the film is encoded again from its master.'
WHERE id IN (SELECT id FROM unfinished);
INSERT INTO jobs (kind, film_id, build_id, priority, max_attempts)
SELECT 'collect', film_id, id, 20, 10 FROM unfinished;
INSERT INTO jobs (kind, film_id, file_id, priority, max_attempts)
SELECT DISTINCT 'probe', film_id, file_id, 30, 3 FROM unfinished
WHERE NOT EXISTS (SELECT FROM jobs WHERE jobs.file_id = unfinished.file_id AND jobs.kind = 'probe'
                                     AND jobs.state IN ('queued', 'running'));

-- What an upload is for. A dub is an audio file of the whole film, a subtitle file is text.
ALTER TABLE film_files
    ADD COLUMN purpose text NOT NULL DEFAULT 'master'
        CONSTRAINT film_files_purpose_known CHECK (purpose IN ('master', 'dub', 'subtitle'));

-- Tracks that editors add to a film. Tracks of the master have no row: its plan describes them.
CREATE TABLE tracks (
    -- The same in all presentations of the film.
    id               uuid        NOT NULL CONSTRAINT tracks_pkey PRIMARY KEY,
    film_id          uuid        NOT NULL CONSTRAINT tracks_film_fkey REFERENCES films (id),
    kind             text        NOT NULL CONSTRAINT tracks_kind_known CHECK (kind IN ('audio', 'subtitle')),
    -- The file that it is made from; a replacement changes it.
    file_id          uuid        NULL,
    -- domain::presentation::TrackSettings: name, language, role and flags for its first presentation, and how its file is timed.
    settings         jsonb       NOT NULL,
    -- Why it could not be made from its file; null while it is made, and once it is.
    failure          text        NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    created_by       uuid        NULL,
    created_by_email text        NULL,
    -- Removed before it was part of any presentation, or with its film.
    deleted_at       timestamptz NULL,
    CONSTRAINT tracks_of_film UNIQUE (film_id, id),
    CONSTRAINT tracks_file_fkey FOREIGN KEY (film_id, file_id) REFERENCES film_files (film_id, id)
);
CREATE INDEX tracks_by_film ON tracks (film_id, created_at, id);
CREATE INDEX tracks_by_file ON tracks (file_id);
DROP TABLE subtitle_tracks;

ALTER TABLE builds
    ADD COLUMN kind text NOT NULL DEFAULT 'film'
        CONSTRAINT builds_kind_known CHECK (kind IN ('film', 'dub', 'subtitle')),
    -- The track that a dub or a subtitle build makes.
    ADD COLUMN track_id uuid NULL,
    -- Its objects are in films/<film>/<build>/ instead of films/<film>/builds/<build>/.
    ADD COLUMN is_legacy boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT builds_track_fkey FOREIGN KEY (film_id, track_id) REFERENCES tracks (film_id, id),
    ADD CONSTRAINT builds_kind_has_track CHECK ((kind = 'film') = (track_id IS NULL));
CREATE INDEX builds_by_track ON builds (track_id) WHERE track_id IS NOT NULL;
-- Parts of failed builds are in the former folder, so a retry begins a new build.
UPDATE builds SET is_legacy = true, unmendable = unmendable OR state = 'failed';

ALTER TABLE renditions
    DROP CONSTRAINT renditions_kind_known,
    ADD CONSTRAINT renditions_kind_known CHECK (kind IN ('video', 'audio', 'subtitle'));

CREATE TABLE presentations (
    id               uuid        NOT NULL CONSTRAINT presentations_pkey PRIMARY KEY,
    film_id          uuid        NOT NULL CONSTRAINT presentations_film_fkey REFERENCES films (id),
    -- Within its film, from 1: how editors name it.
    number           integer     NOT NULL CONSTRAINT presentations_number_positive CHECK (number > 0),
    -- domain::presentation::Presentation
    content          jsonb       NOT NULL,
    -- The build of its video, also in the content.
    build_id         uuid        NOT NULL,
    -- Duration of the film in it.
    duration_ms      bigint      NOT NULL CONSTRAINT presentations_duration_positive CHECK (duration_ms > 0),
    -- The multivariant playlist is the build's own, in films/<film>/<build>/.
    is_legacy        boolean     NOT NULL DEFAULT false,
    -- What made it, such as 'build.publish' or 'track.replace': an action of the audit log.
    made_by          text        NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    -- Null: Nang itself.
    created_by       uuid        NULL,
    created_by_email text        NULL,
    -- When its film first showed it. Null: its objects are still being written, or its process was killed.
    shown_at         timestamptz NULL,
    -- When its film last stopped showing it.
    replaced_at      timestamptz NULL,
    -- Nothing may show it again: its objects are being or have been deleted.
    retired_at       timestamptz NULL,
    CONSTRAINT presentations_of_film UNIQUE (film_id, id),
    CONSTRAINT presentations_number_once UNIQUE (film_id, number),
    CONSTRAINT presentations_build_fkey FOREIGN KEY (film_id, build_id) REFERENCES builds (film_id, id)
);
-- The sweep for presentations that no running token may reach.
CREATE INDEX presentations_replaced ON presentations (film_id) WHERE retired_at IS NULL;

-- Which builds a presentation names. A build with a row of a presentation that is not retired keeps its objects.
CREATE TABLE presentation_builds (
    presentation_id uuid NOT NULL CONSTRAINT presentation_builds_presentation_fkey REFERENCES presentations (id),
    build_id        uuid NOT NULL CONSTRAINT presentation_builds_build_fkey REFERENCES builds (id),
    CONSTRAINT presentation_builds_pkey PRIMARY KEY (presentation_id, build_id)
);
CREATE INDEX presentation_builds_by_build ON presentation_builds (build_id);

-- Each playable build of before becomes a presentation with the build's own playlist. A build that was replaced keeps its state: its
-- objects are about to be deleted. Playback sessions of such builds need their presentation as well.
INSERT INTO presentations (id, film_id, number, content, build_id, duration_ms, is_legacy, made_by, created_at, shown_at,
                           replaced_at, retired_at)
SELECT uuid_v7(), builds.film_id,
       row_number() OVER (PARTITION BY builds.film_id ORDER BY builds.finished_at, builds.id),
       jsonb_build_object(
           'version', 1,
           'video', builds.id,
           'audio', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                'id', uuid_v7(), 'build', builds.id, 'renditions', jsonb_build_array(renditions.name),
                                'language', renditions.language, 'label', coalesce(renditions.label, renditions.name),
                                'default', is_first, 'forced', false, 'role', 'main') ORDER BY renditions.position), '[]')
                     FROM (SELECT *, position = min(position) OVER () AS is_first FROM renditions
                           WHERE renditions.build_id = builds.id AND renditions.kind = 'audio') AS renditions),
           'subtitles', '[]'::jsonb,
           'thumbnails', CASE jsonb_typeof(builds.plan -> 'storyboard') WHEN 'object' THEN jsonb_build_object(
               'interval_ms', round((builds.plan #>> '{storyboard,interval_frames}')::numeric
                                    * (builds.plan ->> 'frame_ticks')::numeric * 1000 / (builds.plan ->> 'timescale')::numeric),
               'tile_width', builds.plan #> '{storyboard,tile_width}',
               'tile_height', builds.plan #> '{storyboard,tile_height}',
               'columns', builds.plan #> '{storyboard,columns}',
               'rows', builds.plan #> '{storyboard,rows}') END),
       builds.id,
       coalesce((SELECT films.duration_ms FROM films WHERE films.build_id = builds.id),
                -- The plan of the former format: frames and ticks.
                greatest(1, round((builds.plan ->> 'frames')::numeric * (builds.plan ->> 'frame_ticks')::numeric * 1000
                                  / (builds.plan ->> 'timescale')::numeric)::bigint)),
       true, 'build.publish', builds.finished_at, builds.finished_at,
       CASE WHEN builds.state = 'superseded' THEN now() END,
       CASE WHEN builds.objects_deletion_began_at IS NOT NULL THEN now() END
FROM builds WHERE builds.state IN ('ready', 'superseded');
INSERT INTO presentation_builds (presentation_id, build_id) SELECT id, build_id FROM presentations;
-- A presentation that can be shown again keeps its build ready; a sweep retires it in time.
UPDATE jobs SET state = 'cancelled', finished_at = now()
FROM builds WHERE builds.id = jobs.build_id AND builds.state = 'superseded' AND builds.objects_deletion_began_at IS NULL
    AND builds.deleted_at IS NULL AND jobs.kind = 'collect' AND jobs.state = 'queued' AND jobs.started_at IS NULL;
UPDATE builds SET state = 'ready' WHERE state = 'superseded' AND objects_deletion_began_at IS NULL AND deleted_at IS NULL;
UPDATE presentations SET retired_at = now()
FROM builds WHERE builds.id = presentations.build_id AND builds.state = 'superseded' AND presentations.retired_at IS NULL;

-- The film shows a presentation, and the facts that lists need are copied as before.
ALTER TABLE films ADD COLUMN presentation_id uuid NULL;
UPDATE films SET presentation_id = presentations.id FROM presentations WHERE presentations.build_id = films.build_id;
ALTER TABLE films
    -- build_id stays as one of these facts: the build of the presentation's video.
    ADD CONSTRAINT films_ready_has_presentation CHECK ((status = 'ready') = (presentation_id IS NOT NULL)),
    ADD CONSTRAINT films_presentation_fkey FOREIGN KEY (id, presentation_id) REFERENCES presentations (film_id, id);

ALTER TABLE playback_sessions ADD COLUMN presentation_id uuid NULL;
UPDATE playback_sessions SET presentation_id = presentations.id FROM presentations
WHERE presentations.build_id = playback_sessions.build_id;
-- A session of a build that never became ready cannot exist, but one row must not stop an upgrade.
DELETE FROM playback_sessions WHERE presentation_id IS NULL;
DROP INDEX playback_sessions_by_build;
ALTER TABLE playback_sessions
    DROP CONSTRAINT playback_sessions_build_fkey,
    DROP COLUMN build_id,
    ALTER COLUMN presentation_id SET NOT NULL,
    ADD CONSTRAINT playback_sessions_presentation_fkey
        FOREIGN KEY (film_id, presentation_id) REFERENCES presentations (film_id, id);
-- Whether a running token may still reach a presentation, and which tokens must be revoked.
CREATE INDEX playback_sessions_by_presentation ON playback_sessions (presentation_id, expires_at);
CREATE INDEX playback_sessions_running ON playback_sessions (expires_at);

-- A collect deletes the objects of a build or of a presentation, or a master.
ALTER TABLE jobs
    ADD COLUMN presentation_id uuid NULL,
    ADD CONSTRAINT jobs_presentation_fkey FOREIGN KEY (film_id, presentation_id) REFERENCES presentations (film_id, id),
    ADD CONSTRAINT jobs_presentation_of_collect CHECK (presentation_id IS NULL OR kind = 'collect'),
    DROP CONSTRAINT jobs_kind_has_build,
    ADD CONSTRAINT jobs_kind_has_build CHECK (
        CASE kind
            WHEN 'probe' THEN build_id IS NULL
            WHEN 'purge' THEN build_id IS NULL AND file_id IS NULL
            WHEN 'collect' THEN num_nonnulls(build_id, file_id, presentation_id) = 1
            ELSE build_id IS NOT NULL
        END);
CREATE INDEX jobs_by_presentation ON jobs (presentation_id) WHERE presentation_id IS NOT NULL;
