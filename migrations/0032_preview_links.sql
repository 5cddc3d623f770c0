-- Links with which a person without an account sees and plays one film that is not public yet.
CREATE TABLE preview_links (
    id         uuid        NOT NULL CONSTRAINT preview_links_pkey PRIMARY KEY,
    film_id    uuid        NOT NULL CONSTRAINT preview_links_film_fkey REFERENCES films (id) ON DELETE CASCADE,
    -- SHA-256 of the link's token.
    token_hash bytea       NOT NULL CONSTRAINT preview_links_token_unique UNIQUE
               CONSTRAINT preview_links_token_hash_size CHECK (octet_length(token_hash) = 32),
    -- For whom it is, in the editor's words.
    note       text        NULL CONSTRAINT preview_links_note_short CHECK (char_length(note) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz NULL
);
CREATE INDEX preview_links_by_film ON preview_links (film_id, created_at DESC, id DESC);

-- The link that lets this session play a film that its viewer may not see otherwise. Its tokens hold as long as the link does.
ALTER TABLE playback_sessions
    ADD COLUMN preview_link_id uuid NULL
    CONSTRAINT playback_sessions_preview_link_fkey REFERENCES preview_links (id) ON DELETE SET NULL;
CREATE INDEX playback_sessions_by_preview_link ON playback_sessions (preview_link_id) WHERE preview_link_id IS NOT NULL;
