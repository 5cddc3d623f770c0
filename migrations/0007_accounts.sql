-- How people come to accounts, and what they hold while they are logged in.

ALTER TABLE users
    -- Null: logs in with an identity provider alone.
    ALTER COLUMN password_hash DROP NOT NULL,
    -- Counts edits; for If-Match.
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CONSTRAINT users_version_positive CHECK (version > 0),
    ADD CONSTRAINT users_email_length CHECK (char_length(email) <= 254),
    ADD CONSTRAINT users_display_name_length CHECK (char_length(display_name) <= 100);

-- Lists: newest first, of one role, and with a text in the address or the name.
CREATE INDEX users_newest ON users (created_at DESC, id DESC);
CREATE INDEX users_by_role ON users (role, created_at DESC, id DESC);
CREATE INDEX users_by_text ON users USING gin ((email || ' ' || lower(display_name)) gin_trgm_ops);

-- One row per login. Everything that came out of it (refresh tokens, access tokens) holds only while ended_at is null, so
-- that logging out, changing a password or disabling an account counts at once.
CREATE TABLE logins (
    -- In its access tokens as sid.
    id         uuid        NOT NULL CONSTRAINT logins_pkey PRIMARY KEY,
    user_id    uuid        NOT NULL CONSTRAINT logins_user_fkey REFERENCES users (id),
    -- What the browser called itself, cut short, and where it was: for the owner to know a login by.
    user_agent text        NULL CONSTRAINT logins_user_agent_short CHECK (char_length(user_agent) <= 200),
    address    text        NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Last refreshed.
    used_at    timestamptz NOT NULL DEFAULT now(),
    -- Of its newest refresh token.
    expires_at timestamptz NOT NULL,
    -- Logged out, ended by its owner or an admin, or one of its tokens was seen reused.
    ended_at   timestamptz NULL
);
CREATE INDEX logins_by_user ON logins (user_id, created_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX logins_expiring ON logins (expires_at);

INSERT INTO logins (id, user_id, created_at, used_at, expires_at, ended_at)
SELECT family, user_id, min(created_at), max(created_at), max(expires_at), max(revoked_at)
FROM refresh_tokens GROUP BY family, user_id;

-- Whose a token is, and whether it was revoked, is its login's to say.
ALTER TABLE refresh_tokens
    DROP COLUMN user_id,
    DROP COLUMN revoked_at,
    ADD CONSTRAINT refresh_tokens_family_fkey FOREIGN KEY (family) REFERENCES logins (id) ON DELETE CASCADE;

-- One-time links by which people make accounts.
CREATE TABLE invitations (
    id           uuid        NOT NULL CONSTRAINT invitations_pkey PRIMARY KEY,
    -- SHA-256 of the link's token.
    token_hash   bytea       NOT NULL CONSTRAINT invitations_token_unique UNIQUE
                 CONSTRAINT invitations_token_hash_size CHECK (octet_length(token_hash) = 32),
    role         text        NOT NULL
                 CONSTRAINT invitations_role_known CHECK (role IN ('viewer', 'editor', 'admin')),
    -- The only address it is good for; null: any.
    email        text        NULL
                 CONSTRAINT invitations_email_lower_case CHECK (email = lower(email) AND email <> ''),
    created_by   uuid        NULL CONSTRAINT invitations_created_by_fkey REFERENCES users (id),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz NULL,
    used_by      uuid        NULL CONSTRAINT invitations_used_by_fkey REFERENCES users (id),
    withdrawn_at timestamptz NULL,
    CONSTRAINT invitations_used_by_somebody CHECK ((used_at IS NULL) = (used_by IS NULL)),
    CONSTRAINT invitations_used_or_withdrawn CHECK (used_at IS NULL OR withdrawn_at IS NULL)
);
CREATE INDEX invitations_newest ON invitations (created_at DESC, id DESC);
CREATE INDEX invitations_open_by_email ON invitations (email) WHERE used_at IS NULL AND withdrawn_at IS NULL;

-- The one-time link, if there is one, that sets an account's password. Spent, it is gone.
CREATE TABLE password_resets (
    -- A new link replaces the one before.
    user_id    uuid        NOT NULL CONSTRAINT password_resets_pkey PRIMARY KEY
               CONSTRAINT password_resets_user_fkey REFERENCES users (id),
    token_hash bytea       NOT NULL CONSTRAINT password_resets_token_unique UNIQUE
               CONSTRAINT password_resets_token_hash_size CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- Who somebody is to an identity provider.
CREATE TABLE identities (
    issuer     text        NOT NULL,
    -- The provider's own name for them: unlike an address, never given to somebody else (OIDC Core §5.7).
    subject    text        NOT NULL,
    user_id    uuid        NOT NULL CONSTRAINT identities_user_fkey REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT identities_pkey PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);
