-- Long words of German texts, and an index of three letters each over these words alone: a compound is found by its parts.
CREATE TABLE search_word (
    id INTEGER PRIMARY KEY,
    -- reduced: one letter for each spelling of an umlaut
    word TEXT NOT NULL UNIQUE
) STRICT;

CREATE VIRTUAL TABLE search_part USING fts5 (
    word, content = 'search_word', content_rowid = 'id', tokenize = 'trigram', detail = 'full'
);
INSERT INTO search_part (search_part, rank) VALUES ('secure-delete', 1);

-- Every word of the index of messages, to find those that nobody writes any more.
CREATE VIRTUAL TABLE message_search_terms USING fts5vocab ('message_search', 'row');

-- Messages up to this id are indexed as earlier versions did; they are indexed anew, the newest first. NULL: none is left.
ALTER TABLE upkeep ADD COLUMN search_left INTEGER;
UPDATE upkeep SET search_left = (SELECT max(id) FROM message);
