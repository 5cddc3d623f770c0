-- One word for one thing: an account has sessions; to log in is how one begins.

ALTER TABLE logins RENAME TO account_sessions;
ALTER TABLE account_sessions RENAME CONSTRAINT logins_pkey TO account_sessions_pkey;
ALTER TABLE account_sessions RENAME CONSTRAINT logins_user_fkey TO account_sessions_user_fkey;
ALTER TABLE account_sessions RENAME CONSTRAINT logins_user_agent_short TO account_sessions_user_agent_short;
ALTER INDEX logins_by_user RENAME TO account_sessions_by_user;
ALTER INDEX logins_expiring RENAME TO account_sessions_expiring;

ALTER TABLE refresh_tokens RENAME COLUMN family TO session_id;
ALTER TABLE refresh_tokens RENAME CONSTRAINT refresh_tokens_family_fkey TO refresh_tokens_session_fkey;
ALTER INDEX refresh_tokens_by_family RENAME TO refresh_tokens_by_session;
