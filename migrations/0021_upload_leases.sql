-- Who may write an upload. Several API servers can serve one database, so the row says it, as a job's row does.

ALTER TABLE film_files
    -- Names the request that may write the upload. Every statement that changes the upload names it too, so a request
    -- that was replaced changes nothing.
    ADD COLUMN lease_token uuid        NULL,
    -- Until when no other request may take the lease. Past it the holder still writes until another one takes it.
    ADD COLUMN lease_until timestamptz NULL,
    ADD CONSTRAINT film_files_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL));
