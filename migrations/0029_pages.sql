-- What the pages need: backdrops in lists, a filter by country, preferences that follow an account, figures of what is watched, and
-- jobs that an editor puts first or last.

-- The first backdrop, copied like the poster: lists of films show it and must not read another table for it.
CREATE FUNCTION film_backdrop(film uuid) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT image_facts(images) FROM images WHERE images.film_id = film AND images.kind = 'backdrop'
    ORDER BY images.position, images.id LIMIT 1
$$;
ALTER TABLE films ADD COLUMN backdrop jsonb NULL;
UPDATE films SET backdrop = film_backdrop(id);

CREATE INDEX films_by_country ON films USING gin (countries);

-- How a viewer wants pages and player to be, the same on all devices. The API defines and checks the fields.
ALTER TABLE users
    ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT users_preferences_object CHECK (jsonb_typeof(preferences) = 'object');

-- The parts of the film that the player reported as watched, in milliseconds of the film's time; also of viewers without an account.
ALTER TABLE playback_sessions ADD COLUMN watched int4multirange NOT NULL DEFAULT '{}';

-- The kind of device by the name that the API gives it.
CREATE FUNCTION device_kind(device text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN device IS NULL THEN 'other'
        WHEN device ~ 'TV$' THEN 'tv'
        WHEN device ~ '(Android|iPhone)$' THEN 'phone'
        WHEN device ~ 'iPad$' THEN 'tablet'
        WHEN device ~ '(ChromeOS|Windows|Mac|Linux)$' THEN 'computer'
        ELSE 'other'
    END
$$;

-- What was watched of a film on one day (UTC) by one kind of device. Playback sessions are deleted after 60 days, these rows are not.
CREATE TABLE film_days (
    film_id    uuid    NOT NULL CONSTRAINT film_days_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    day        date    NOT NULL,
    device     text    NOT NULL,
    -- Playback sessions in which something was watched.
    plays      integer NOT NULL CONSTRAINT film_days_plays_positive CHECK (plays > 0),
    -- Of these, sessions in which the film's end was watched.
    completed  integer NOT NULL CONSTRAINT film_days_completed_within_plays CHECK (completed BETWEEN 0 AND plays),
    watched_ms bigint  NOT NULL CONSTRAINT film_days_watched_not_negative CHECK (watched_ms >= 0),
    CONSTRAINT film_days_pkey PRIMARY KEY (film_id, day, device)
);
CREATE INDEX film_days_by_day ON film_days (day, film_id);

-- The same, counted from the playback sessions that began on these days (the last one exclusive).
CREATE FUNCTION count_film_days(first date, beyond date)
RETURNS TABLE (film_id uuid, day date, device text, plays integer, completed integer, watched_ms bigint) LANGUAGE sql STABLE AS $$
    SELECT session.film_id, (session.created_at AT TIME ZONE 'UTC')::date, device_kind(session.device),
           count(*)::integer,
           (count(*) FILTER (WHERE upper(session.watched) >= film_end_ms(films)))::integer,
           sum(covered_ms(session.watched))
    FROM playback_sessions AS session JOIN films ON films.id = session.film_id
    WHERE session.created_at >= first::timestamp AT TIME ZONE 'UTC'
      AND session.created_at < beyond::timestamp AT TIME ZONE 'UTC'
      AND session.watched <> '{}'
    GROUP BY 1, 2, 3
$$;

-- What an editor chose for the order of the queue: 100 first, -100 last. It is part of `priority`, and all jobs of a build have the
-- same; jobs that the build gets later take it from those that it has.
ALTER TABLE jobs
    ADD COLUMN urgency integer NOT NULL DEFAULT 0 CONSTRAINT jobs_urgency_known CHECK (urgency IN (-100, 0, 100));
CREATE FUNCTION jobs_take_urgency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.urgency := coalesce((SELECT urgency FROM jobs WHERE build_id = NEW.build_id AND kind <> 'collect' LIMIT 1), 0);
    NEW.priority := NEW.priority + NEW.urgency;
    RETURN NEW;
END $$;
CREATE TRIGGER jobs_take_urgency BEFORE INSERT ON jobs
    FOR EACH ROW WHEN (NEW.build_id IS NOT NULL AND NEW.kind <> 'collect') EXECUTE FUNCTION jobs_take_urgency();
