-- Plans have a new form, and analysing the master is a stage of its own before planning.

-- An unfinished film build has a plan of the former format. It begins again from its master, in a new build; its objects are deleted.
CREATE TEMPORARY TABLE unfinished ON COMMIT DROP AS
    SELECT builds.id, builds.film_id, builds.file_id FROM builds
    WHERE kind = 'film' AND state IN ('encoding', 'publishing');
UPDATE job_attempts SET outcome = 'cancelled', finished_at = now(), error = 'Nang was upgraded, so the build began again'
FROM jobs WHERE jobs.id = job_attempts.job_id AND job_attempts.outcome IS NULL
    AND jobs.kind <> 'collect' AND jobs.build_id IN (SELECT id FROM unfinished);
UPDATE jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL, finished_at = now()
WHERE state IN ('queued', 'running') AND kind <> 'collect' AND build_id IN (SELECT id FROM unfinished);
UPDATE builds SET state = 'failed', finished_at = now(), failure = 'Nang was upgraded, so the film is encoded again from its master.'
WHERE id IN (SELECT id FROM unfinished);
INSERT INTO jobs (kind, film_id, build_id, priority, max_attempts)
SELECT 'collect', film_id, id, 20, 10 FROM unfinished
WHERE NOT EXISTS (SELECT FROM jobs WHERE jobs.build_id = unfinished.id AND jobs.kind = 'collect'
                                     AND jobs.state IN ('queued', 'running'));
INSERT INTO jobs (kind, film_id, file_id, priority, max_attempts)
SELECT DISTINCT 'probe', film_id, file_id, 30, 3 FROM unfinished
WHERE NOT EXISTS (SELECT FROM jobs WHERE jobs.file_id = unfinished.file_id AND jobs.kind = 'probe'
                                     AND jobs.state IN ('queued', 'running'));
-- Parts of failed builds belong to a plan of the former format, so a retry begins a new build.
UPDATE builds SET unmendable = true WHERE kind = 'film' AND state = 'failed';

ALTER TABLE builds
    DROP CONSTRAINT builds_state_known,
    ADD CONSTRAINT builds_state_known
        CHECK (state IN ('analysing', 'encoding', 'publishing', 'ready', 'failed', 'cancelled', 'superseded')),
    DROP CONSTRAINT builds_finished_has_time,
    ADD CONSTRAINT builds_finished_has_time
        CHECK ((state IN ('analysing', 'encoding', 'publishing')) = (finished_at IS NULL)),
    -- Null until the master is analysed. While it is, parts and pending count analyses.
    ALTER COLUMN plan DROP NOT NULL,
    ADD CONSTRAINT builds_planned CHECK (plan IS NOT NULL OR state IN ('analysing', 'failed', 'cancelled')),
    -- domain::libraries::Libraries of the worker that probed the master, for the plan. Null once there is a plan, which has its own.
    ADD COLUMN libraries jsonb NULL;

ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_known,
    ADD CONSTRAINT jobs_kind_known
        CHECK (kind IN ('probe', 'analyse', 'plan', 'encode_chunk', 'encode_audio', 'publish', 'collect', 'purge')),
    DROP CONSTRAINT jobs_part_has_index,
    ADD CONSTRAINT jobs_part_has_index
        CHECK ((kind IN ('analyse', 'encode_chunk', 'encode_audio')) = (part_index IS NOT NULL)),
    DROP CONSTRAINT jobs_done_part_has_result,
    -- domain::child::Analysed of an analysis, domain::output::PartOutput of an encoded part.
    ADD CONSTRAINT jobs_done_part_has_result
        CHECK ((kind IN ('analyse', 'encode_chunk', 'encode_audio') AND state = 'done') = (result IS NOT NULL));
CREATE UNIQUE INDEX jobs_one_plan ON jobs (build_id) WHERE kind = 'plan';

-- domain::plan::Level: measured loudness and gain, for audio. Null if it was not measured.
ALTER TABLE renditions ADD COLUMN level jsonb NULL;
