-- Tokens of workers that have neither this database's password nor credentials of the storage: they get jobs, parts of masters and
-- permission to store their output over HTTPS. A token is shown once; the table has its hash.
CREATE TABLE worker_tokens (
    id               uuid        NOT NULL CONSTRAINT worker_tokens_pkey PRIMARY KEY,
    -- How admins call the machine; attempts of jobs begin their worker's name with it.
    name             text        NOT NULL CONSTRAINT worker_tokens_name_given CHECK (name <> ''),
    -- SHA-256 of the token.
    token_hash       bytea       NOT NULL CONSTRAINT worker_tokens_hash_once UNIQUE
                     CONSTRAINT worker_tokens_hash_form CHECK (length(token_hash) = 32),
    created_at       timestamptz NOT NULL DEFAULT now(),
    -- Null: its account was deleted.
    created_by       uuid        NULL CONSTRAINT worker_tokens_creator_fkey REFERENCES users (id) ON DELETE SET NULL,
    -- When a worker last used it, exact to a minute.
    used_at          timestamptz NULL,
    -- What the last worker with it reported: machine and process.
    used_by          text        NULL,
    revoked_at       timestamptz NULL
);
-- Two active tokens of one name could not be distinguished in the list of running jobs.
CREATE UNIQUE INDEX worker_tokens_name_once ON worker_tokens (name) WHERE revoked_at IS NULL;
