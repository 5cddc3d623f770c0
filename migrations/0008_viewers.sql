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

-- What many watch and what is watched together, counted from the history by a task that runs every hour: a page that
-- recommends reads a few rows of these instead of the whole history.
CREATE TABLE film_views (
    film_id        uuid    NOT NULL CONSTRAINT film_views_pkey PRIMARY KEY
                   CONSTRAINT film_views_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    -- Different people who watched it, ever and in the last 30 days.
    viewers        integer NOT NULL CONSTRAINT film_views_viewers_positive CHECK (viewers > 0),
    recent_viewers integer NOT NULL
                   CONSTRAINT film_views_recent_within_viewers CHECK (recent_viewers BETWEEN 0 AND viewers)
);
CREATE INDEX film_views_most ON film_views (recent_viewers DESC, viewers DESC, film_id DESC);

CREATE TABLE films_watched_together (
    film_id   uuid    NOT NULL CONSTRAINT films_watched_together_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    other_id  uuid    NOT NULL CONSTRAINT films_watched_together_other_fkey REFERENCES films (id) ON DELETE CASCADE,
    -- People who watched both: three at least, so that nobody learns what their neighbour watched.
    viewers   integer NOT NULL CONSTRAINT films_watched_together_viewers_enough CHECK (viewers >= 3),
    -- Cosine of the two films' viewers, 0 to 1: what everybody watches is not close to everything.
    closeness real    NOT NULL,
    CONSTRAINT films_watched_together_pkey PRIMARY KEY (film_id, other_id)
);
CREATE INDEX films_watched_together_closest ON films_watched_together (film_id, closeness DESC, other_id);
-- For the foreign key: films that are purged.
CREATE INDEX films_watched_together_by_other ON films_watched_together (other_id);

-- One row: when those two were last counted, so that several servers do not all do it.
CREATE TABLE watch_counts (
    is_only    boolean     NOT NULL DEFAULT true CONSTRAINT watch_counts_pkey PRIMARY KEY
               CONSTRAINT watch_counts_one_row CHECK (is_only),
    counted_at timestamptz NOT NULL
);
INSERT INTO watch_counts (counted_at) VALUES ('-infinity');

-- Whether a film may be recommended at all: it is listed and can be played now.
CREATE FUNCTION film_is_recommended(film films, for_member boolean) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT film_is_listed(film, for_member)
       AND coalesce(film.available_from <= now(), true) AND coalesce(film.available_until > now(), true)
$$;
-- Whether somebody watched it to its end; never, for nobody. Apart from the one above, which the planner looks through to
-- find the index of films in order, while it calls this for one film after the other.
CREATE FUNCTION has_seen_end(viewer uuid, film films) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM watch_history WHERE user_id = viewer AND film_id = film.id AND furthest_ms >= film_end_ms(film))
$$;

-- How much a person's part in a film makes it what it is.
CREATE FUNCTION credit_weight(role text) RETURNS real LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE role WHEN 'director' THEN 5 WHEN 'writer' THEN 3 WHEN 'actor' THEN 3 WHEN 'cinematographer' THEN 1.5
                     WHEN 'composer' THEN 1.5 WHEN 'editor' THEN 1 ELSE 0.5 END
$$;

-- A film's synopses as one text, as much of them as comparing is worth.
CREATE FUNCTION synopsis_text(film films) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(string_agg(value, ' ' ORDER BY key), 600) FROM jsonb_each_text(film.synopses)
$$;

-- Films like `source` for `viewer` (null: not logged in), the likest first, and what says so most: a person, a genre, or
-- that both are watched by the same people. Bounded however large the catalogue: 30 credits, 100 newest films of each
-- person, 300 of each genre, 100 of each shelf; of the 200 best the films are read, of the 40 best their texts.
CREATE FUNCTION films_like(source uuid, viewer uuid)
RETURNS TABLE (film_id uuid, score real, kind text, label jsonb) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH this AS (
        SELECT films.countries[1] AS country, films.languages[1] AS language, films.titles, synopsis_text(films) AS text
        FROM films WHERE id = source
    ), shared (film_id, score, kind, label) AS (
        -- A person of few films says more than one of a hundred.
        SELECT theirs.film_id,
               least(credit_weight(mine.role), credit_weight(theirs.role))
                   / (1 + ln(count(*) OVER (PARTITION BY mine.person_id, mine.role)) / 2),
               CASE WHEN mine.role = 'director' AND theirs.role = 'director' THEN 'same_director' ELSE 'same_cast' END,
               people.names
        FROM (SELECT person_id, role FROM film_cast WHERE film_cast.film_id = source ORDER BY position LIMIT 30) AS mine
        JOIN people ON people.id = mine.person_id
        CROSS JOIN LATERAL (
            SELECT film_cast.film_id, role FROM film_cast WHERE person_id = mine.person_id
            ORDER BY film_cast.film_id DESC LIMIT 100
        ) AS theirs
        UNION ALL
        -- So does a genre of few films: 1.5 down to 0.3 for one that is everywhere.
        SELECT theirs.film_id, 1.5 - 1.2 * ln(count(*) OVER (PARTITION BY mine.genre_id)) / ln(300), 'same_genre', genres.names
        FROM film_genres AS mine JOIN genres ON genres.id = mine.genre_id
        CROSS JOIN LATERAL (
            SELECT film_genres.film_id FROM film_genres WHERE genre_id = mine.genre_id
            ORDER BY film_genres.film_id DESC LIMIT 300
        ) AS theirs
        WHERE mine.film_id = source
        UNION ALL
        -- A curator put them side by side; it adds to what they share, and a shelf is no reason to name.
        SELECT theirs.film_id, 0.8, NULL, NULL
        FROM (SELECT category_id FROM film_categories WHERE film_categories.film_id = source LIMIT 5) AS mine
        CROSS JOIN LATERAL (
            SELECT film_categories.film_id FROM film_categories WHERE category_id = mine.category_id
            ORDER BY film_categories.film_id DESC LIMIT 100
        ) AS theirs
        UNION ALL
        SELECT other_id, 6 * closeness, 'watched_together', this.titles
        FROM this CROSS JOIN films_watched_together WHERE films_watched_together.film_id = source
    ), best AS (
        SELECT shared.film_id, sum(shared.score) AS score,
               (array_agg(shared.kind ORDER BY shared.score DESC) FILTER (WHERE shared.kind IS NOT NULL))[1] AS kind,
               (array_agg(shared.label ORDER BY shared.score DESC) FILTER (WHERE shared.kind IS NOT NULL))[1] AS label
        FROM shared WHERE shared.film_id <> source
        GROUP BY shared.film_id
        HAVING bool_or(shared.kind IS NOT NULL)
        ORDER BY sum(shared.score) DESC, shared.film_id DESC LIMIT 200
    ), known AS (
        SELECT best.film_id, best.kind, best.label, synopsis_text(films) AS text,
               best.score + CASE WHEN films.countries[1] = this.country THEN 0.3 ELSE 0 END
                          + CASE WHEN films.languages[1] = this.language THEN 0.3 ELSE 0 END AS score
        FROM best JOIN films ON films.id = best.film_id CROSS JOIN this
        WHERE film_is_recommended(films, viewer IS NOT NULL) AND NOT has_seen_end(viewer, films)
        ORDER BY score DESC, best.film_id DESC LIMIT 40
    )
    SELECT known.film_id, (known.score + 2 * coalesce(similarity(known.text, this.text), 0))::real, known.kind, known.label
    FROM known CROSS JOIN this
    ORDER BY 2 DESC, 1 DESC
$$;
