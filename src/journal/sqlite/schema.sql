-- Version 1. Times are milliseconds on the steady clock unless a comment says wall.
-- What every message touches is written in arrival order; trees with random keys are kept small.

-- One row: what must outlive the rows it tells of.
CREATE TABLE marks (
    only_row      INTEGER PRIMARY KEY CHECK (only_row = 1),
    seed          INTEGER NOT NULL,             -- of the hashes in `keys`
    last_message  INTEGER NOT NULL DEFAULT 0,
    last_outgoing INTEGER NOT NULL DEFAULT 0,
    last_held     INTEGER NOT NULL DEFAULT 0,
    published     INTEGER NOT NULL DEFAULT 0,   -- outcomes up to this number
    latest        INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO marks (only_row, seed) VALUES (1, random());

CREATE TABLE operators (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE messages (
    id          INTEGER PRIMARY KEY,
    phase       INTEGER NOT NULL,               -- 0 waiting, 1 in flight, 2 submitted, 3 settled
    state       INTEGER NOT NULL,               -- the last one told, by its code; 0 before the first
    operator    INTEGER NOT NULL,
    priority    INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    expires     INTEGER NOT NULL,               -- wall
    not_before  INTEGER,                        -- wall
    time        INTEGER NOT NULL,               -- wall
    accepted_at INTEGER NOT NULL,
    settled_at  INTEGER,
    thread      INTEGER NOT NULL,
    msisdn      INTEGER NOT NULL,
    agency      TEXT NOT NULL,
    event       TEXT NOT NULL,
    application TEXT NOT NULL,
    traceparent TEXT,
    attempt     TEXT,                           -- JSON; null before the first
    history     TEXT NOT NULL,                  -- JSON
    content     TEXT NOT NULL                   -- JSON
) STRICT;
-- A message stands in an index only while its phase asks for it.
CREATE INDEX waiting_due     ON messages (operator, priority, due) WHERE phase = 0;
CREATE INDEX waiting_thread  ON messages (thread) WHERE phase = 0;
CREATE INDEX waiting_expires ON messages (expires) WHERE phase = 0;
CREATE INDEX in_flight       ON messages (phase) WHERE phase = 1;
CREATE INDEX settled         ON messages (settled_at) WHERE phase = 3;

-- The event keys of all messages; on a collision the next free slot.
CREATE TABLE keys (
    hash    INTEGER PRIMARY KEY,
    message INTEGER NOT NULL
) STRICT;

-- Events withdrawn before they came: few, so under their full key.
CREATE TABLE cancelled (
    agency TEXT NOT NULL,
    event  TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (agency, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX cancelled_at ON cancelled (at);

-- Where people's questions find messages: by a hash of event id, application or MSISDN within
-- a block of neighbouring messages, so that writing touches the newest block only.
CREATE TABLE lookup (
    block   INTEGER NOT NULL,
    hash    INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (block, hash, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE threads (
    key            INTEGER PRIMARY KEY,
    attempted_time INTEGER,
    attempted_id   INTEGER,
    waiting        INTEGER NOT NULL DEFAULT 0,
    messages       INTEGER NOT NULL             -- how many rows of `messages` belong to it
) STRICT;

CREATE TABLE subscribers (
    msisdn    INTEGER PRIMARY KEY,
    submitted BLOB NOT NULL                     -- times, 8 octets each, little-endian
) STRICT;

CREATE TABLE awaiting (
    arrival  INTEGER PRIMARY KEY,
    operator INTEGER NOT NULL,
    smsc_id  TEXT NOT NULL,
    message  INTEGER NOT NULL,
    segment  INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX awaiting_smsc_id ON awaiting (operator, smsc_id);
CREATE INDEX awaiting_message ON awaiting (message);

CREATE TABLE held (
    number   INTEGER PRIMARY KEY,
    operator INTEGER NOT NULL,
    smsc_id  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    octets   BLOB NOT NULL
) STRICT;
CREATE INDEX held_smsc_id ON held (operator, smsc_id);

-- A row holds all outcomes of one commit.
CREATE TABLE outbox (
    first  INTEGER PRIMARY KEY,
    last   INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    frames BLOB NOT NULL
) STRICT;

-- How many messages an agency had accepted on a day, by where they stand; also those forgotten.
CREATE TABLE books (
    agency TEXT NOT NULL,
    day    INTEGER NOT NULL,                    -- of acceptance, counted from 1970-01-01 UTC
    state  INTEGER NOT NULL,                    -- by its code; 0 while not settled
    count  INTEGER NOT NULL,
    PRIMARY KEY (agency, day, state)
) STRICT, WITHOUT ROWID;
