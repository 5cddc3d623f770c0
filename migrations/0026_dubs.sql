-- Dubs: audio that editors upload for a film that viewers can already play. Their files and builds are in the tables of masters
-- (film_files.purpose, builds.kind), and tracks.file_id names the file that a track is made from.

-- A file of a dub makes one track, which gets the reason if that fails.
CREATE UNIQUE INDEX tracks_dub_once ON tracks (file_id) WHERE kind = 'audio' AND deleted_at IS NULL;
