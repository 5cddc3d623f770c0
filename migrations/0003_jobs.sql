-- The queue. It is in the same database as the catalogue so that "the film changed" and "there is work" are one transaction.

CREATE TABLE jobs (
    id             uuid        NOT NULL DEFAULT uuid_v7() CONSTRAINT jobs_pkey PRIMARY KEY,
    kind           text        NOT NULL
                   CONSTRAINT jobs_kind_known
                   CHECK (kind IN ('probe', 'encode_chunk', 'encode_audio', 'publish', 'collect')),
    -- Every job belongs to a film; the film's row is the lock that orders everything that happens to its jobs.
    film_id        uuid        NOT NULL CONSTRAINT jobs_film_fkey REFERENCES films (id),
    -- The master it reads; null for collect.
    file_id        uuid        NULL CONSTRAINT jobs_file_fkey REFERENCES film_files (id),
    -- Null for probe, which makes the build.
    build_id       uuid        NULL CONSTRAINT jobs_build_fkey REFERENCES builds (id),
    -- Which chunk, or which of the plan's sound tracks; from 0.
    part_index     integer     NULL CONSTRAINT jobs_part_index_not_negative CHECK (part_index >= 0),
    -- 'dead' waits for an admin; 'cancelled' for nobody.
    state          text        NOT NULL DEFAULT 'queued'
                   CONSTRAINT jobs_state_known CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
    -- Higher first.
    priority       integer     NOT NULL,
    -- When the film's present way through the pipeline began (its probe was queued); later jobs inherit it. Among jobs of
    -- one priority the earlier film goes first, so that a film is finished before the next is begun.
    queued_since   timestamptz NOT NULL DEFAULT now(),
    -- Counted when a worker claims it, so that a job that kills its worker is counted too.
    attempts       integer     NOT NULL DEFAULT 0,
    max_attempts   integer     NOT NULL CONSTRAINT jobs_max_attempts_positive CHECK (max_attempts > 0),
    -- Drawn anew at each claim: who holds an old one can change nothing.
    lease_token    uuid        NULL,
    -- The worker renews it while it works; past it, anybody may claim the job.
    lease_until    timestamptz NULL,
    -- Output frames of a chunk, or whatever the worker counts in for other kinds.
    progress_done  bigint      NOT NULL DEFAULT 0 CONSTRAINT jobs_progress_not_negative CHECK (progress_done >= 0),
    progress_total bigint      NOT NULL DEFAULT 0 CONSTRAINT jobs_total_not_negative CHECK (progress_total >= 0),
    -- domain::output::PartOutput of a finished part: what publish assembles the build from.
    result         jsonb       NULL,
    -- Of the last attempt that failed.
    error          text        NULL,
    -- Not before this: backing off after a failure, or the day's grace before a build's objects are collected.
    run_at         timestamptz NOT NULL DEFAULT now(),
    created_at     timestamptz NOT NULL DEFAULT now(),
    -- Of the last claim.
    started_at     timestamptz NULL,
    finished_at    timestamptz NULL,
    CONSTRAINT jobs_attempts_within_maximum CHECK (attempts BETWEEN 0 AND max_attempts),
    CONSTRAINT jobs_leased_while_running
        CHECK ((state = 'running') = (lease_token IS NOT NULL) AND (state = 'running') = (lease_until IS NOT NULL)),
    CONSTRAINT jobs_finished_has_time CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    CONSTRAINT jobs_dead_has_reason CHECK (state <> 'dead' OR error IS NOT NULL),
    CONSTRAINT jobs_part_has_index CHECK ((kind IN ('encode_chunk', 'encode_audio')) = (part_index IS NOT NULL)),
    CONSTRAINT jobs_done_part_has_result
        CHECK ((kind IN ('encode_chunk', 'encode_audio') AND state = 'done') = (result IS NOT NULL)),
    CONSTRAINT jobs_kind_has_file CHECK (kind = 'collect' OR file_id IS NOT NULL),
    CONSTRAINT jobs_kind_has_build CHECK ((kind = 'probe') = (build_id IS NULL))
);

-- The order of claims. 'encode_audio' sorts before 'encode_chunk' on purpose: a whole sound track is the longest single job
-- of a film, and started last it would be waited for alone.
CREATE INDEX jobs_claimable ON jobs (priority DESC, queued_since, kind, part_index, id) WHERE state IN ('queued', 'running');
-- Leases that ran out on the last attempt.
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
-- The queue's length, for metrics: finished jobs are many and never looked at.
CREATE INDEX jobs_unfinished ON jobs (kind, state) WHERE state IN ('queued', 'running', 'dead');
-- Lists, newest first; and whether anything of a film is still under way.
CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC);
CREATE INDEX jobs_by_film ON jobs (film_id, created_at DESC, id DESC);
CREATE INDEX jobs_by_build ON jobs (build_id);
CREATE INDEX jobs_by_file ON jobs (file_id);
-- The queries never insert twice; should one ever, it fails here and not on a viewer's screen.
CREATE UNIQUE INDEX jobs_one_per_part ON jobs (build_id, kind, part_index) WHERE part_index IS NOT NULL;
CREATE UNIQUE INDEX jobs_one_publish ON jobs (build_id) WHERE kind = 'publish';
CREATE UNIQUE INDEX jobs_one_live_collect ON jobs (build_id) WHERE kind = 'collect' AND state IN ('queued', 'running');
CREATE UNIQUE INDEX jobs_one_live_probe ON jobs (file_id) WHERE kind = 'probe' AND state IN ('queued', 'running');

-- One row for each time a worker took a job: the history an admin reads when something keeps failing.
CREATE TABLE job_attempts (
    job_id      uuid        NOT NULL CONSTRAINT job_attempts_job_fkey REFERENCES jobs (id),
    -- From 1, and on after a retry although the job's own count begins again.
    number      integer     NOT NULL CONSTRAINT job_attempts_number_positive CHECK (number > 0),
    -- The lease it was made under; what ends the attempt finds it by this.
    lease_token uuid        NOT NULL CONSTRAINT job_attempts_lease_once UNIQUE,
    worker      text        NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz NULL,
    -- Null while it runs. 'lease_expired' is written by who finds it so: the worker is dead or cut off and cannot.
    outcome     text        NULL
                CONSTRAINT job_attempts_outcome_known
                CHECK (outcome IN ('done', 'failed', 'refused', 'lease_expired', 'cancelled', 'released')),
    error       text        NULL,
    CONSTRAINT job_attempts_pkey PRIMARY KEY (job_id, number),
    CONSTRAINT job_attempts_finished_has_outcome CHECK ((finished_at IS NULL) = (outcome IS NULL))
);

-- A job is worked on once at a time, as far as its leases go.
CREATE UNIQUE INDEX job_attempts_one_open ON job_attempts (job_id) WHERE outcome IS NULL;
