-- What a catalogue says of its films, and how it orders them.

-- Trigrams for titles and names, in Lao as well: the database's character type must know Lao letters (C.UTF-8 does).
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS pgcrypto;

ALTER TABLE films
    -- The readable part of its address. Kept when titles change; who changes it leaves the old one in film_slugs.
    ADD COLUMN slug text NULL,
    -- The title in the film's own language and script, as its credits show it.
    ADD COLUMN original_title text NULL CONSTRAINT films_original_title_given CHECK (original_title <> ''),
    -- BCP 47 language -> text, as titles.
    ADD COLUMN synopses jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT films_synopses_object CHECK (jsonb_typeof(synopses) = 'object'),
    -- Of first release.
    ADD COLUMN year smallint NULL CONSTRAINT films_year_sensible CHECK (year BETWEEN 1880 AND 2200),
    -- What the makers say, before there is a master; duration_ms is measured.
    ADD COLUMN runtime_ms bigint NULL CONSTRAINT films_runtime_positive CHECK (runtime_ms > 0),
    -- ISO 3166-1 alpha-2, the main one first.
    ADD COLUMN countries text[] NOT NULL DEFAULT '{}',
    -- BCP 47, languages spoken in it, the main one first.
    ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
    -- As the country's board writes it; a word for people, no rule follows from it.
    ADD COLUMN age_rating text NULL CONSTRAINT films_age_rating_short CHECK (char_length(age_rating) BETWEEN 1 AND 20),
    -- Festivals and awards: BCP 47 language -> text.
    ADD COLUMN festival_notes jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT films_festival_notes_object CHECK (jsonb_typeof(festival_notes) = 'object'),
    -- When viewers may play it, whatever its visibility: what its makers agreed to. Null is without end.
    ADD COLUMN available_from timestamptz NULL,
    ADD COLUMN available_until timestamptz NULL,
    -- Where it may be shown, in the contract's words; shown to viewers, not enforced.
    ADD COLUMN region_note text NULL CONSTRAINT films_region_note_given CHECK (region_note <> ''),
    -- When a scheduled film becomes public.
    ADD COLUMN publish_at timestamptz NULL,
    -- Where its end credits begin, from its start: who got there has seen it.
    ADD COLUMN credits_ms bigint NULL CONSTRAINT films_credits_not_negative CHECK (credits_ms >= 0),
    -- Languages of the sound tracks and subtitles of the build viewers get, copied as its size is, so that lists can
    -- filter by them without reading builds.
    ADD COLUMN audio_languages text[] NOT NULL DEFAULT '{}',
    ADD COLUMN subtitle_languages text[] NOT NULL DEFAULT '{}',
    -- What lists are ordered by: domain::catalogue::sort_title of the title in that language, or of the next best one.
    -- By code point, whatever the database's own collation is: cursors must mean the same on every server.
    ADD COLUMN sort_title_lo text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN sort_title_en text COLLATE "C" NOT NULL DEFAULT '',
    -- Deleted by an admin: nobody sees it, its builds are collected, its masters wait to be confirmed.
    ADD COLUMN deleted_at timestamptz NULL,
    ADD CONSTRAINT films_window_ordered CHECK (available_from < available_until),
    DROP CONSTRAINT films_visibility_known,
    ADD CONSTRAINT films_visibility_known
        CHECK (visibility IN ('draft', 'scheduled', 'public', 'members', 'unlisted')),
    ADD CONSTRAINT films_scheduled_has_time CHECK ((visibility = 'scheduled') = (publish_at IS NOT NULL));

UPDATE films SET slug = id::text;
ALTER TABLE films ALTER COLUMN slug SET NOT NULL,
    ADD CONSTRAINT films_slug_unique UNIQUE (slug),
    ADD CONSTRAINT films_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 100);

-- Who sees a film, in one place; plain SQL, so that the planner looks through them. Whether its makers' window lets it be
-- played is another question, asked when somebody presses play.
CREATE FUNCTION film_is_listed(film films, for_member boolean) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT film.visibility IN ('public', 'members', 'scheduled') AND film.status = 'ready' AND film.deleted_at IS NULL
       AND (film.visibility = 'public'
            OR (film.visibility = 'members' AND for_member)
            OR (film.visibility = 'scheduled' AND film.publish_at <= now()))
$$;
-- As that, and whoever knows its address sees an unlisted one.
CREATE FUNCTION film_is_shown(film films, for_member boolean) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT film.status = 'ready' AND film.deleted_at IS NULL
       AND (film.visibility IN ('public', 'unlisted')
            OR (film.visibility = 'members' AND for_member)
            OR (film.visibility = 'scheduled' AND film.publish_at <= now()))
$$;

-- Lists, in every order viewers may ask for. The predicate is what can be listed at all; the moment (publish_at, window)
-- and the caller's role are checked on the way.
DROP INDEX films_newest_shown;
CREATE INDEX films_listed_newest ON films (created_at DESC, id DESC)
    WHERE visibility IN ('public', 'members', 'scheduled') AND status = 'ready' AND deleted_at IS NULL;
CREATE INDEX films_listed_year ON films (coalesce(year, 0) DESC, id DESC)
    WHERE visibility IN ('public', 'members', 'scheduled') AND status = 'ready' AND deleted_at IS NULL;
CREATE INDEX films_listed_title_lo ON films (sort_title_lo, id)
    WHERE visibility IN ('public', 'members', 'scheduled') AND status = 'ready' AND deleted_at IS NULL;
CREATE INDEX films_listed_title_en ON films (sort_title_en, id)
    WHERE visibility IN ('public', 'members', 'scheduled') AND status = 'ready' AND deleted_at IS NULL;
CREATE INDEX films_listed_runtime ON films (coalesce(duration_ms, runtime_ms, 0), id)
    WHERE visibility IN ('public', 'members', 'scheduled') AND status = 'ready' AND deleted_at IS NULL;
-- Filters that may leave few films of many.
CREATE INDEX films_by_language ON films USING gin (languages);
CREATE INDEX films_by_audio_language ON films USING gin (audio_languages);
CREATE INDEX films_by_subtitle_language ON films USING gin (subtitle_languages);
-- What editors type to find a film among all; viewers' search has tables of its own.
CREATE INDEX films_by_title_text ON films USING gin ((titles::text) gin_trgm_ops);
CREATE INDEX films_deleted ON films (created_at DESC, id DESC) WHERE deleted_at IS NOT NULL;

CREATE TABLE genres (
    id         uuid        NOT NULL CONSTRAINT genres_pkey PRIMARY KEY,
    slug       text        NOT NULL CONSTRAINT genres_slug_unique UNIQUE
               CONSTRAINT genres_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 100),
    -- BCP 47 language -> name.
    names      jsonb       NOT NULL
               CONSTRAINT genres_names_given CHECK (jsonb_typeof(names) = 'object' AND names <> '{}'),
    -- Place in menus; equal ones as they were made.
    position   integer     NOT NULL DEFAULT 0,
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX genres_in_order ON genres (position, id);

CREATE TABLE film_genres (
    film_id  uuid    NOT NULL CONSTRAINT film_genres_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    -- RESTRICT: a genre in use is merged into another, not lost.
    genre_id uuid    NOT NULL CONSTRAINT film_genres_genre_fkey REFERENCES genres (id),
    -- The main genre first.
    position integer NOT NULL,
    -- The film's, which never changes: a genre's films, newest first, are read along one index.
    film_created_at timestamptz NOT NULL,
    CONSTRAINT film_genres_pkey PRIMARY KEY (film_id, genre_id),
    CONSTRAINT film_genres_position_once UNIQUE (film_id, position) DEFERRABLE
);
CREATE INDEX film_genres_by_genre ON film_genres (genre_id, film_created_at DESC, film_id DESC);

CREATE FUNCTION film_genres_copy_created_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT created_at INTO NEW.film_created_at FROM films WHERE id = NEW.film_id;
    RETURN NEW;
END $$;
CREATE TRIGGER film_genres_copy_created_at BEFORE INSERT ON film_genres
    FOR EACH ROW EXECUTE FUNCTION film_genres_copy_created_at();

-- Shelves: curated, ordered.
CREATE TABLE categories (
    id         uuid        NOT NULL CONSTRAINT categories_pkey PRIMARY KEY,
    slug       text        NOT NULL CONSTRAINT categories_slug_unique UNIQUE
               CONSTRAINT categories_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 100),
    names      jsonb       NOT NULL
               CONSTRAINT categories_names_given CHECK (jsonb_typeof(names) = 'object' AND names <> '{}'),
    descriptions jsonb     NOT NULL DEFAULT '{}'
               CONSTRAINT categories_descriptions_object CHECK (jsonb_typeof(descriptions) = 'object'),
    -- Place among the shelves; equal ones as they were made.
    position   integer     NOT NULL DEFAULT 0,
    -- Whether viewers see the shelf.
    shown      boolean     NOT NULL DEFAULT true,
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX categories_in_order ON categories (position, id);

CREATE TABLE film_categories (
    category_id uuid    NOT NULL CONSTRAINT film_categories_category_fkey REFERENCES categories (id) ON DELETE CASCADE,
    film_id     uuid    NOT NULL CONSTRAINT film_categories_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    -- The curator's order on the shelf.
    position    integer NOT NULL,
    CONSTRAINT film_categories_pkey PRIMARY KEY (category_id, film_id),
    CONSTRAINT film_categories_position_once UNIQUE (category_id, position) DEFERRABLE
);
CREATE INDEX film_categories_by_film ON film_categories (film_id);

CREATE TABLE people (
    id         uuid        NOT NULL CONSTRAINT people_pkey PRIMARY KEY,
    slug       text        NOT NULL CONSTRAINT people_slug_unique UNIQUE
               CONSTRAINT people_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 100),
    -- BCP 47 language -> name.
    names      jsonb       NOT NULL
               CONSTRAINT people_names_given CHECK (jsonb_typeof(names) = 'object' AND names <> '{}'),
    -- BCP 47 language -> a few sentences.
    biographies jsonb      NOT NULL DEFAULT '{}'
               CONSTRAINT people_biographies_object CHECK (jsonb_typeof(biographies) = 'object'),
    -- What lists are ordered by, as a film's.
    sort_name  text COLLATE "C" NOT NULL,
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX people_by_name ON people (sort_name, id);

CREATE TABLE film_cast (
    film_id   uuid    NOT NULL CONSTRAINT film_cast_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    person_id uuid    NOT NULL CONSTRAINT film_cast_person_fkey REFERENCES people (id),
    role      text    NOT NULL
              CONSTRAINT film_cast_role_known
              CHECK (role IN ('director', 'writer', 'producer', 'actor', 'cinematographer', 'editor', 'composer', 'sound',
                              'production_design', 'other')),
    -- The part an actor plays, or what an 'other' did: BCP 47 language -> text.
    credited_as jsonb NOT NULL DEFAULT '{}'
              CONSTRAINT film_cast_credited_as_object CHECK (jsonb_typeof(credited_as) = 'object'),
    -- Order of the credits, over all roles.
    position  integer NOT NULL,
    CONSTRAINT film_cast_pkey PRIMARY KEY (film_id, person_id, role),
    CONSTRAINT film_cast_position_once UNIQUE (film_id, position) DEFERRABLE
);
CREATE INDEX film_cast_by_person ON film_cast (person_id, film_id);

-- Every address ever given out, so that a former one redirects and is never given to something else. The present one is in
-- the thing's own row as well.
CREATE TABLE slugs (
    kind        text        NOT NULL CONSTRAINT slugs_kind_known CHECK (kind IN ('film', 'genre', 'person', 'category')),
    slug        text        NOT NULL
                CONSTRAINT slugs_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 100),
    -- Deferred: an address is taken before the row that has it is made.
    film_id     uuid        NULL CONSTRAINT slugs_film_fkey REFERENCES films (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    genre_id    uuid        NULL CONSTRAINT slugs_genre_fkey REFERENCES genres (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    person_id   uuid        NULL CONSTRAINT slugs_person_fkey REFERENCES people (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    category_id uuid        NULL CONSTRAINT slugs_category_fkey REFERENCES categories (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT slugs_pkey PRIMARY KEY (kind, slug),
    CONSTRAINT slugs_of_one_thing CHECK (num_nonnulls(film_id, genre_id, person_id, category_id) = 1)
);
CREATE INDEX slugs_by_film ON slugs (film_id) WHERE film_id IS NOT NULL;
CREATE INDEX slugs_by_genre ON slugs (genre_id) WHERE genre_id IS NOT NULL;
CREATE INDEX slugs_by_person ON slugs (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX slugs_by_category ON slugs (category_id) WHERE category_id IS NOT NULL;
INSERT INTO slugs (kind, slug, film_id) SELECT 'film', slug, id FROM films;

-- Posters and the like. The bytes are objects under images/<id>; a new picture is a new row.
CREATE TABLE images (
    id         uuid        NOT NULL CONSTRAINT images_pkey PRIMARY KEY,
    film_id    uuid        NULL CONSTRAINT images_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    person_id  uuid        NULL CONSTRAINT images_person_fkey REFERENCES people (id) ON DELETE CASCADE,
    kind       text        NOT NULL
               CONSTRAINT images_kind_known CHECK (kind IN ('poster', 'backdrop', 'still', 'portrait')),
    media_type text        NOT NULL CONSTRAINT images_media_type_known CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
    width      integer     NOT NULL CONSTRAINT images_width_positive CHECK (width > 0),
    height     integer     NOT NULL CONSTRAINT images_height_positive CHECK (height > 0),
    size_bytes bigint      NOT NULL CONSTRAINT images_size_positive CHECK (size_bytes > 0),
    position   integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT images_of_one_thing CHECK (num_nonnulls(film_id, person_id) = 1),
    CONSTRAINT images_portrait_of_person CHECK ((kind = 'portrait') = (person_id IS NOT NULL))
);
CREATE INDEX images_by_film ON images (film_id, kind, position, id) WHERE film_id IS NOT NULL;
CREATE INDEX images_by_person ON images (person_id, position, id) WHERE person_id IS NOT NULL;

-- Subtitles a film has; their text is an object under subtitles/<id>.
CREATE TABLE subtitle_tracks (
    id         uuid        NOT NULL CONSTRAINT subtitle_tracks_pkey PRIMARY KEY,
    film_id    uuid        NOT NULL CONSTRAINT subtitle_tracks_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    language   text        NOT NULL,
    label      text        NOT NULL CONSTRAINT subtitle_tracks_label_given CHECK (label <> ''),
    kind       text        NOT NULL DEFAULT 'subtitles'
               CONSTRAINT subtitle_tracks_kind_known CHECK (kind IN ('subtitles', 'captions', 'forced')),
    position   integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subtitle_tracks_label_once UNIQUE (film_id, label)
);

-- Who changed what, for good. No foreign keys: an entry outlives what it is about.
CREATE TABLE audit_log (
    id         uuid        NOT NULL DEFAULT uuid_v7() CONSTRAINT audit_log_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Null: the command line or Nang itself.
    user_id    uuid        NULL,
    -- Their address then.
    user_email text        NULL,
    -- 'film.update', 'user.disable'.
    action     text        NOT NULL,
    -- 'film', 'person' …, and its id.
    subject    text        NOT NULL,
    subject_id uuid        NULL,
    -- What it was called then.
    label      text        NULL,
    -- Changed fields: {"titles": [before, after]}. Never a secret.
    changes    jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_newest ON audit_log (created_at DESC, id DESC);
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, created_at DESC, id DESC);
CREATE INDEX audit_log_by_user ON audit_log (user_id, created_at DESC, id DESC);

-- A deleted film that an admin confirms: its masters and objects are removed by a job, which then removes its rows.
ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_known,
    ADD CONSTRAINT jobs_kind_known
        CHECK (kind IN ('probe', 'encode_chunk', 'encode_audio', 'publish', 'collect', 'purge')),
    DROP CONSTRAINT jobs_kind_has_file,
    ADD CONSTRAINT jobs_kind_has_file CHECK (kind IN ('collect', 'purge') OR file_id IS NOT NULL),
    DROP CONSTRAINT jobs_kind_has_build,
    ADD CONSTRAINT jobs_kind_has_build CHECK ((kind IN ('probe', 'purge')) = (build_id IS NULL));
CREATE UNIQUE INDEX jobs_one_live_purge ON jobs (film_id) WHERE kind = 'purge' AND state IN ('queued', 'running');
