-- Logins and accounts: what lost answers, letters that nobody asked for and curious editors may do to them.

-- Exchanging a refresh token spends its family's others, of which there is more than one only if an answer was lost.
CREATE INDEX refresh_tokens_unused ON refresh_tokens (family) WHERE used_at IS NULL;
