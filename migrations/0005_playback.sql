-- Viewings: one row from pressing play to the token's end.

CREATE TABLE playback_sessions (
    -- In the playback token, so that a log line of the origin leads here.
    id           uuid        NOT NULL CONSTRAINT playback_sessions_pkey PRIMARY KEY,
    film_id      uuid        NOT NULL CONSTRAINT playback_sessions_film_fkey REFERENCES films (id),
    -- The build it began with; it plays that to the end although a newer one is published meanwhile.
    build_id     uuid        NOT NULL CONSTRAINT playback_sessions_build_fkey REFERENCES builds (id),
    -- Null for a viewer who is not logged in.
    user_id      uuid        NULL CONSTRAINT playback_sessions_user_fkey REFERENCES users (id),
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- Raised when the player renews its token.
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    -- When its last token stops holding.
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz NULL
);

CREATE INDEX playback_sessions_by_film ON playback_sessions (film_id, created_at);
CREATE INDEX playback_sessions_by_user ON playback_sessions (user_id, created_at) WHERE user_id IS NOT NULL;
CREATE INDEX playback_sessions_by_build ON playback_sessions (build_id);
