-- What search looks things up in. The application writes it from domain::lao::index in the transaction that changes a
-- film or a person, and all of it anew when the rules change (search_state); nothing here is the only copy of anything.
--
-- Ranges of B-trees and lookups of rare keys, each with a limit: what a search costs does not grow with the catalogue.

-- Titles, by their sound from each word or syllable on.
CREATE TABLE search_titles (
    film_id  uuid     NOT NULL CONSTRAINT search_titles_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    -- domain::lao::index::Place.
    place    smallint NOT NULL,
    -- Compared by bytes, so that a prefix is a range.
    key      text     COLLATE "C" NOT NULL,
    -- As it is spelled, to prefer what is spelled alike to what sounds alike.
    spelling text     COLLATE "C" NOT NULL,
    -- Bit n - 1: a word ends after n characters of the key.
    ends     bigint   NOT NULL,
    -- Characters of the whole key; the one kept may be cut.
    length   smallint NOT NULL
);
CREATE INDEX search_titles_by_key ON search_titles (place, key);
CREATE INDEX search_titles_by_film ON search_titles (film_id);

-- Names of people, likewise.
CREATE TABLE search_names (
    person_id uuid     NOT NULL CONSTRAINT search_names_person_fkey REFERENCES people (id) ON DELETE CASCADE,
    place     smallint NOT NULL,
    key       text     COLLATE "C" NOT NULL,
    spelling  text     COLLATE "C" NOT NULL,
    ends      bigint   NOT NULL,
    length    smallint NOT NULL
);
CREATE INDEX search_names_by_key ON search_names (place, key);
CREATE INDEX search_names_by_person ON search_names (person_id);

-- Syllables of all texts of a film, for words in any order and for synopses.
CREATE TABLE search_films (
    film_id      uuid   NOT NULL CONSTRAINT search_films_pkey PRIMARY KEY
                 CONSTRAINT search_films_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    title_grams  text[] COLLATE "C" NOT NULL,
    person_grams text[] COLLATE "C" NOT NULL,
    -- Those, and the synopses'.
    grams        text[] COLLATE "C" NOT NULL
);
-- Written at once: a pending list would be read through by every search.
CREATE INDEX search_films_by_gram ON search_films USING gin (grams) WITH (fastupdate = off);

-- Words of titles and names, for mistyped ones to be corrected to. Words nobody uses any more do no harm: what they are
-- corrected to finds nothing.
CREATE TABLE search_words (
    word        text      COLLATE "C" NOT NULL CONSTRAINT search_words_pkey PRIMARY KEY,
    -- domain::lao::shortenings.
    shortenings integer[] NOT NULL
);
CREATE INDEX search_words_by_shortening ON search_words USING gin (shortenings) WITH (fastupdate = off);

-- By which edition of the rules all of this was written; no row before it was written at all.
CREATE TABLE search_state (
    singleton boolean NOT NULL DEFAULT true CONSTRAINT search_state_pkey PRIMARY KEY
              CONSTRAINT search_state_one_row CHECK (singleton),
    edition   integer NOT NULL
);

-- How good a match of the first `typed` characters of an entry is: 0 the whole text, 1 whole words from its beginning on,
-- 2 its beginning, 3 whole words within it, 4 the beginning of a word, 5 a part of one.
CREATE FUNCTION search_quality(place smallint, ends bigint, length smallint, typed integer)
    RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE place
        WHEN 0 THEN CASE WHEN length = typed THEN 0 WHEN (ends >> (typed - 1)) & 1 = 1 THEN 1 ELSE 2 END
        WHEN 1 THEN CASE WHEN (ends >> (typed - 1)) & 1 = 1 THEN 3 ELSE 4 END
        ELSE 5
    END
$$;

-- What found films are ordered by, least first: title over person over synopsis (field 0, 1, 2), better matches first, the
-- same spelling over the same sound, short texts over long ones.
CREATE FUNCTION search_score(field integer, quality integer, spelled boolean, length integer)
    RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((3 * field + 2 * quality) * 2 + (NOT spelled)::integer) * 256 + least(length, 255)
$$;

-- Words that share a shortening with what was typed. The planner thinks every shortening is common and would rather read the
-- whole table until the limit is reached.
CREATE FUNCTION search_similar(hashes integer[], most bigint)
    RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE SET enable_seqscan = off AS $$
    SELECT word FROM search_words WHERE shortenings && hashes LIMIT most
$$;
