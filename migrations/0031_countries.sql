-- In which countries a film may be watched, enforced where the server learns a viewer's country.

-- ISO 3166-1 alpha-2; empty is everywhere. `region_note` says the same in the contract's words, and is not enforced.
ALTER TABLE films
    ADD COLUMN available_in text[] NOT NULL DEFAULT '{}'
    CONSTRAINT films_available_in_codes CHECK (array_to_string(available_in, '', '?') ~ '^([A-Z]{2})*$');
