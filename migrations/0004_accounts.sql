-- People who log in.

CREATE TABLE users (
    id            uuid        NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    -- Kept in lower case, so that one person is one row however they type it.
    email         text        NOT NULL CONSTRAINT users_email_unique UNIQUE
                  CONSTRAINT users_email_lower_case CHECK (email = lower(email) AND email <> ''),
    -- Argon2id in PHC form: it names its own parameters, so they can be raised later.
    password_hash text        NOT NULL,
    role          text        NOT NULL CONSTRAINT users_role_known CHECK (role IN ('viewer', 'editor', 'admin')),
    display_name  text        NOT NULL,
    -- Set instead of deleting: what they did keeps its author.
    disabled_at   timestamptz NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- One row per refresh token ever issued and not yet swept. Used ones are kept: seeing one again is how theft is noticed.
CREATE TABLE refresh_tokens (
    -- SHA-256 of the token. The token itself is nowhere, so a stolen backup logs nobody in.
    hash       bytea       NOT NULL CONSTRAINT refresh_tokens_pkey PRIMARY KEY
               CONSTRAINT refresh_tokens_hash_size CHECK (octet_length(hash) = 32),
    user_id    uuid        NOT NULL CONSTRAINT refresh_tokens_user_fkey REFERENCES users (id),
    -- All tokens that came out of one login; they are revoked together.
    family     uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Exchanged for its successor.
    used_at    timestamptz NULL,
    -- Logged out, or its family was seen reused.
    revoked_at timestamptz NULL
);

CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expiring ON refresh_tokens (expires_at);
