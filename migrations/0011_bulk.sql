-- Editors' lists of films that are in one state, or that one circle sees: few of many, which the list of all would be
-- read through for.
CREATE INDEX films_by_status ON films (status, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX films_by_visibility ON films (visibility, created_at DESC, id DESC) WHERE deleted_at IS NULL;
