-- Viewings that are told of over bad links, and by programs that mean no good.

ALTER TABLE playback_sessions
    -- The server's clock less the device's as heartbeats came, in microseconds: the least there was, which is the difference
    -- of the clocks and the quickest upload. Null before the first.
    ADD COLUMN clock_offset_us bigint NULL;

-- By how much heartbeats that came at `offset_us` came later than those that came quickest, in microseconds. No upload takes
-- five minutes: with more between them the device's clock was set, and what was known of it is no more.
CREATE FUNCTION upload_delay_us(known_offset_us bigint, offset_us bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN known_offset_us BETWEEN offset_us - 300000000 AND offset_us THEN offset_us - known_offset_us ELSE 0 END
$$;

-- Those of long ago are deleted, the oldest first.
CREATE INDEX playback_sessions_oldest ON playback_sessions (created_at);
