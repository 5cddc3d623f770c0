-- Logins and accounts: what lost answers, letters that nobody asked for and curious editors may do to them.

-- Exchanging a refresh token spends its family's others, of which there is more than one only if an answer was lost.
CREATE INDEX refresh_tokens_unused ON refresh_tokens (family) WHERE used_at IS NULL;

-- Several links at once: one that anybody can have sent must not void the one an admin handed over.
ALTER TABLE password_resets
    DROP CONSTRAINT password_resets_pkey,
    DROP CONSTRAINT password_resets_token_unique,
    ADD CONSTRAINT password_resets_pkey PRIMARY KEY (token_hash);
CREATE INDEX password_resets_by_user ON password_resets (user_id);

-- The log without what is for admins' eyes: accounts and invitations, with people's addresses.
CREATE INDEX audit_log_catalogue_newest ON audit_log (created_at DESC, id DESC)
    WHERE subject NOT IN ('user', 'invitation');
CREATE INDEX audit_log_catalogue_by_user ON audit_log (user_id, created_at DESC, id DESC)
    WHERE subject NOT IN ('user', 'invitation');
CREATE INDEX audit_log_catalogue_by_subject ON audit_log (subject_id, created_at DESC, id DESC)
    WHERE subject NOT IN ('user', 'invitation');
