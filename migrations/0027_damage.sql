-- What decoding concealed in a build, and builds that wait for an editor's decision because of it.
ALTER TABLE builds
    -- domain::damage::BuildDamage; null: nothing is damaged, or the build ended before it was known.
    ADD COLUMN damage            jsonb       NULL,
    -- When an editor published it in spite of serious damage, and who that was.
    ADD COLUMN approved_at       timestamptz NULL,
    ADD COLUMN approved_by       uuid        NULL,
    ADD COLUMN approved_by_email text        NULL,
    DROP CONSTRAINT builds_state_known,
    -- 'damaged': complete like 'ready', but shown only when an editor says so.
    ADD CONSTRAINT builds_state_known
        CHECK (state IN ('analysing', 'encoding', 'publishing', 'ready', 'damaged', 'failed', 'cancelled', 'superseded')),
    DROP CONSTRAINT builds_nothing_pending_after_encoding,
    ADD CONSTRAINT builds_nothing_pending_after_encoding
        CHECK (state NOT IN ('publishing', 'ready', 'damaged', 'superseded') OR pending = 0),
    ADD CONSTRAINT builds_damaged_has_damage CHECK (state <> 'damaged' OR damage IS NOT NULL),
    ADD CONSTRAINT builds_approved_has_damage CHECK (approved_at IS NULL OR damage IS NOT NULL);
-- The few builds that wait, of a film.
CREATE INDEX builds_damaged ON builds (film_id) WHERE state = 'damaged';

-- 'damaged': it cannot be played yet, and one of its builds waits for an editor.
ALTER TABLE films
    DROP CONSTRAINT films_status_known,
    ADD CONSTRAINT films_status_known CHECK (status IN ('empty', 'processing', 'ready', 'failed', 'damaged'));
