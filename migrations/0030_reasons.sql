-- Why something failed, as a stable code with its values (domain::reason), beside the English sentence. Pages translate it by its code.
-- NULL where an earlier version of Nang wrote the sentence.

ALTER TABLE films
    ADD COLUMN failure_reason jsonb NULL,
    ADD CONSTRAINT films_reason_of_failure CHECK (failure_reason IS NULL OR failure IS NOT NULL);
ALTER TABLE builds
    ADD COLUMN failure_reason jsonb NULL,
    ADD CONSTRAINT builds_reason_of_failure CHECK (failure_reason IS NULL OR failure IS NOT NULL);
ALTER TABLE tracks
    ADD COLUMN failure_reason jsonb NULL,
    ADD CONSTRAINT tracks_reason_of_failure CHECK (failure_reason IS NULL OR failure IS NOT NULL);
ALTER TABLE film_files
    ADD COLUMN note_reason jsonb NULL,
    ADD CONSTRAINT film_files_reason_of_note CHECK (note_reason IS NULL OR note IS NOT NULL);
ALTER TABLE jobs
    ADD COLUMN error_reason jsonb NULL,
    ADD CONSTRAINT jobs_reason_of_error CHECK (error_reason IS NULL OR error IS NOT NULL);
ALTER TABLE job_attempts
    ADD COLUMN error_reason jsonb NULL,
    ADD CONSTRAINT job_attempts_reason_of_error CHECK (error_reason IS NULL OR error IS NOT NULL);
