-- What viewers do with films: running sessions, what they watched, where they stopped, what they want to watch; and what
-- follows from all of that for others.

ALTER TABLE playback_sessions
    -- What it plays on, in words for its owner ('Firefox on Android'); from the User-Agent.
    ADD COLUMN device text NULL CONSTRAINT playback_sessions_device_short CHECK (char_length(device) BETWEEN 1 AND 100),
    -- Length of its build: positions end here, and a renewed token covers it.
    ADD COLUMN duration_ms bigint NULL CONSTRAINT playback_sessions_duration_positive CHECK (duration_ms > 0),
    -- The viewer cleared history or resume point then. What the player reports of before, however late, stays cleared.
    ADD COLUMN history_cleared_at timestamptz NULL,
    ADD COLUMN resume_cleared_at timestamptz NULL;
UPDATE playback_sessions SET duration_ms = coalesce(films.duration_ms, 1) FROM films WHERE films.id = film_id;
ALTER TABLE playback_sessions ALTER COLUMN duration_ms SET NOT NULL;
-- Every heartbeat updates its session, no indexed column of it; with room on the page that touches no index either.
ALTER TABLE playback_sessions SET (fillfactor = 70);

-- Whether somebody is at it: the player, or its owner by renewing, was heard of within two minutes.
CREATE FUNCTION playback_session_runs(session playback_sessions) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT session.ended_at IS NULL AND session.last_seen_at > now() - interval '2 minutes' AND session.expires_at > now()
$$;

-- Where seeing a film ends: at its credits, or at 95 % of a film whose editor did not say where they begin.
CREATE FUNCTION film_end_ms(film films) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(film.credits_ms, film.duration_ms, coalesce(film.credits_ms, film.duration_ms * 95 / 100))
$$;

-- Whether going on from there makes sense: neither hardly begun (under 30 s or 1 %) nor at its end.
CREATE FUNCTION is_resumable(film films, position_ms bigint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT position_ms >= 30000 AND position_ms * 100 >= film.duration_ms AND position_ms < film_end_ms(film)
$$;

-- Milliseconds that a set of ranges covers.
CREATE FUNCTION covered_ms(ranges int4multirange) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(sum(upper(part) - lower(part)), 0)::integer FROM unnest(ranges) AS part
$$;

-- One row per viewer, film and viewing day. The day is the UTC date on which the playback session began, whenever its
-- heartbeats arrive: it follows from the session alone, so no wrong clock moves it, a film seen over midnight is one row,
-- and in Laos it turns at seven in the morning. A row per session would list a film once per reload of a page.
CREATE TABLE watch_history (
    user_id     uuid           NOT NULL CONSTRAINT watch_history_user_fkey REFERENCES users (id) ON DELETE CASCADE,
    film_id     uuid           NOT NULL CONSTRAINT watch_history_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    day         date           NOT NULL,
    -- When its first session began. Lists are ordered by it because it stays, so that heartbeats change no index.
    begun_at    timestamptz    NOT NULL,
    -- Of the newest heartbeat.
    watched_at  timestamptz    NOT NULL,
    -- The parts of the film that were watched, in milliseconds of its time. A union forgets how often, in which order and
    -- how late it was told something.
    watched     int4multirange NOT NULL,
    watched_ms  integer        NOT NULL GENERATED ALWAYS AS (covered_ms(watched)) STORED,
    -- The furthest that was watched.
    furthest_ms integer        NOT NULL CONSTRAINT watch_history_furthest_not_negative CHECK (furthest_ms >= 0),
    CONSTRAINT watch_history_pkey PRIMARY KEY (user_id, film_id, day)
) WITH (fillfactor = 70);
CREATE INDEX watch_history_by_user ON watch_history (user_id, begun_at DESC, film_id DESC);

-- Where each viewer stopped. The newest heartbeat by corrected time wins, whatever device it comes from. Lists sort a
-- viewer's own few hundred rows: an index by time would be changed by every heartbeat.
CREATE TABLE resume_points (
    user_id     uuid        NOT NULL CONSTRAINT resume_points_user_fkey REFERENCES users (id) ON DELETE CASCADE,
    film_id     uuid        NOT NULL CONSTRAINT resume_points_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    position_ms integer     NOT NULL CONSTRAINT resume_points_position_not_negative CHECK (position_ms >= 0),
    -- When the viewer was there.
    at          timestamptz NOT NULL,
    -- The heartbeat that said so: told again it changes nothing, and it decides between two of one moment.
    event_id    uuid        NOT NULL,
    CONSTRAINT resume_points_pkey PRIMARY KEY (user_id, film_id)
) WITH (fillfactor = 70);

CREATE TABLE watchlist (
    user_id    uuid        NOT NULL CONSTRAINT watchlist_user_fkey REFERENCES users (id) ON DELETE CASCADE,
    film_id    uuid        NOT NULL CONSTRAINT watchlist_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT watchlist_pkey PRIMARY KEY (user_id, film_id)
);
CREATE INDEX watchlist_newest ON watchlist (user_id, created_at DESC, film_id DESC);
