-- True of a failed build whose parts can never be joined, since another version of the encoder made some of them: trying its dead
-- job again begins a new build.
ALTER TABLE builds ADD COLUMN unmendable boolean NOT NULL DEFAULT false;
