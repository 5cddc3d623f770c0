-- Wrong states that nothing kept out, and lookups that read everything.

-- A build belongs to the film that shows it, a master to the film it is encoded for, and so on: each reference names the film
-- as well, so that no row can mix two of them.
ALTER TABLE film_files ADD CONSTRAINT film_files_of_film UNIQUE (film_id, id);
ALTER TABLE builds ADD CONSTRAINT builds_of_film UNIQUE (film_id, id);
ALTER TABLE films
    DROP CONSTRAINT films_build_fkey,
    ADD CONSTRAINT films_build_fkey FOREIGN KEY (id, build_id) REFERENCES builds (film_id, id);
ALTER TABLE builds
    DROP CONSTRAINT builds_file_fkey,
    ADD CONSTRAINT builds_file_fkey FOREIGN KEY (film_id, file_id) REFERENCES film_files (film_id, id);
ALTER TABLE jobs
    DROP CONSTRAINT jobs_file_fkey,
    ADD CONSTRAINT jobs_file_fkey FOREIGN KEY (film_id, file_id) REFERENCES film_files (film_id, id),
    DROP CONSTRAINT jobs_build_fkey,
    ADD CONSTRAINT jobs_build_fkey FOREIGN KEY (film_id, build_id) REFERENCES builds (film_id, id);
ALTER TABLE playback_sessions
    DROP CONSTRAINT playback_sessions_build_fkey,
    ADD CONSTRAINT playback_sessions_build_fkey FOREIGN KEY (film_id, build_id) REFERENCES builds (film_id, id);

-- For the foreign keys: films that are purged. No heartbeat changes these columns, so its updates still touch no index.
CREATE INDEX watch_history_by_film ON watch_history (film_id);
CREATE INDEX resume_points_by_film ON resume_points (film_id);
CREATE INDEX watchlist_by_film ON watchlist (film_id);

-- Films whose window is over or has not begun: few of many, which the list of all would be read through for.
CREATE INDEX films_listed_until ON films (available_until)
    WHERE visibility IN ('public', 'members', 'scheduled') AND status = 'ready' AND deleted_at IS NULL
      AND available_until IS NOT NULL;
CREATE INDEX films_listed_from ON films (available_from)
    WHERE visibility IN ('public', 'members', 'scheduled') AND status = 'ready' AND deleted_at IS NULL
      AND available_from IS NOT NULL;
