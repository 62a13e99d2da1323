-- Marked by its clinician as not for other eyes: lists and hits of the search show neither name nor words of it until she asks.
ALTER TABLE thread ADD COLUMN sensitive INTEGER NOT NULL DEFAULT 0 CHECK (sensitive IN (0, 1));
CREATE INDEX thread_sensitive ON thread (id) WHERE sensitive = 1;
