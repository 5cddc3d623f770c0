-- A refresh token sent twice has one successor that works, not two.

-- The token that this one was exchanged for last. A token whose answer was lost is exchanged again: then the successor before
-- is spent without a successor of its own, so that whoever presents it ends the session. No foreign key: it would cost an
-- index, and a token is deleted before its successor, which expires later.
ALTER TABLE refresh_tokens
    ADD COLUMN successor bytea NULL
        CONSTRAINT refresh_tokens_successor_size CHECK (octet_length(successor) = 32),
    ADD CONSTRAINT refresh_tokens_successor_spent CHECK (successor IS NULL OR used_at IS NOT NULL);

-- Sessions that were forked before keep their newest token.
UPDATE refresh_tokens SET used_at = now()
WHERE used_at IS NULL AND EXISTS (
    SELECT FROM refresh_tokens AS later
    WHERE later.family = refresh_tokens.family AND later.used_at IS NULL
      AND (later.created_at, later.hash) > (refresh_tokens.created_at, refresh_tokens.hash)
);

-- One token of each session is unspent; the database holds that from now on.
DROP INDEX refresh_tokens_unused;
CREATE UNIQUE INDEX refresh_tokens_one_unspent ON refresh_tokens (family) WHERE used_at IS NULL;
