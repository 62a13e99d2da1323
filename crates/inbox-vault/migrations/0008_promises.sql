-- What patients were promised by the after-hours acknowledgement. A row is written once, in the transaction that queues the
-- message, and is never changed by other hours; only that it was taken back before it left is noted.
CREATE TABLE promise (
    id INTEGER PRIMARY KEY,
    -- made from patient and closed period: the same on every workstation
    client_identifier TEXT NOT NULL UNIQUE,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    -- when the clinic closed
    period_start INTEGER NOT NULL,
    -- when the patient was told that the message will be read, and in which zone she was told so
    read_by INTEGER NOT NULL,
    zone TEXT NOT NULL,
    -- the cover who was named
    cover TEXT,
    -- id and version of the signed text, and the text as it was sent
    response TEXT NOT NULL,
    text TEXT NOT NULL,
    promised_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;
CREATE INDEX promise_thread ON promise (thread_id);
