-- Text subtitle tracks of a master are taken over: one job of its build reads all of them.
ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_known,
    ADD CONSTRAINT jobs_kind_known
        CHECK (kind IN ('probe', 'analyse', 'plan', 'encode_chunk', 'encode_audio', 'encode_subtitles', 'publish', 'collect', 'purge')),
    DROP CONSTRAINT jobs_part_has_index,
    -- The job of the subtitles has the index 0.
    ADD CONSTRAINT jobs_part_has_index
        CHECK ((kind IN ('analyse', 'encode_chunk', 'encode_audio', 'encode_subtitles')) = (part_index IS NOT NULL)),
    DROP CONSTRAINT jobs_done_part_has_result,
    ADD CONSTRAINT jobs_done_part_has_result
        CHECK ((kind IN ('analyse', 'encode_chunk', 'encode_audio', 'encode_subtitles') AND state = 'done') = (result IS NOT NULL));

-- What editors should know of these tracks: domain::build_record::SubtitleNote. Written when the build is published.
ALTER TABLE builds ADD COLUMN subtitle_notes jsonb NOT NULL DEFAULT '[]';
