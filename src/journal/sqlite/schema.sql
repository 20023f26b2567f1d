-- Version 1. Times are milliseconds on the steady clock unless a comment says wall.

-- One row: what must outlive the rows it tells of.
CREATE TABLE marks (
    only_row      INTEGER PRIMARY KEY CHECK (only_row = 1),
    seed          INTEGER NOT NULL,             -- of the hashes of event keys
    last_message  INTEGER NOT NULL DEFAULT 0,
    last_outgoing INTEGER NOT NULL DEFAULT 0,
    last_held     INTEGER NOT NULL DEFAULT 0,
    published     INTEGER NOT NULL DEFAULT 0,   -- outcomes up to this number
    latest        INTEGER NOT NULL DEFAULT 0,
    judged_by     INTEGER,                      -- a hash of the rules by which all that waits was put off
    ahead         INTEGER                       -- by how much the wall clock was ahead of the steady one then
) STRICT;
INSERT INTO marks (only_row, seed) VALUES (1, random());

CREATE TABLE operators (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- What the latest commits changed, one row a commit, until it stands in the tables below.
CREATE TABLE log (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    records BLOB NOT NULL
) STRICT;

-- Messages as they stood when their part of the log was written out.
CREATE TABLE messages (
    id       INTEGER PRIMARY KEY,
    phase    INTEGER NOT NULL,                  -- 0 waiting, 1 in flight, 2 submitted, 3 settled
    operator INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    agency   INTEGER NOT NULL,                  -- a hash of its name
    due      INTEGER NOT NULL,
    expires  INTEGER NOT NULL,                  -- wall
    since    INTEGER NOT NULL,                  -- when it entered its phase
    origin   BLOB NOT NULL,
    progress BLOB NOT NULL
) STRICT;
-- A message stands in an index only while its phase asks for it.
CREATE INDEX waiting_due     ON messages (operator, priority, agency, due) WHERE phase = 0;
CREATE INDEX waiting_expires ON messages (expires) WHERE phase = 0;
CREATE INDEX in_flight       ON messages (phase) WHERE phase = 1;
CREATE INDEX submitted       ON messages (since) WHERE phase = 2;
CREATE INDEX settled         ON messages (since) WHERE phase = 3;

-- Messages that were settled when their part of the log was written out, some to a row.
CREATE TABLE archive (
    first   INTEGER PRIMARY KEY,                -- the first id in it
    last    INTEGER NOT NULL,
    since   INTEGER NOT NULL,                   -- when the first of them was settled
    entries BLOB NOT NULL
) STRICT;
CREATE INDEX archive_since ON archive (since);

-- Events withdrawn before they came: few, so under their full key.
CREATE TABLE cancelled (
    agency TEXT NOT NULL,
    event  TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (agency, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX cancelled_at ON cancelled (at);

-- What is found under keys in random order: sorted runs, which are merged in the order of their
-- keys. A table with an index would have to rewrite a page for every message.
CREATE TABLE runs (
    id     INTEGER PRIMARY KEY,                 -- later ones are larger
    tree   INTEGER NOT NULL,                    -- which of the indexes
    stage  INTEGER NOT NULL,                    -- 0 young, 1 merged, 2 being made by a merge, 3 going into it
    bits   INTEGER NOT NULL,                    -- of its keys, by which it is cut into buckets
    count  INTEGER NOT NULL,                    -- of its entries
    slices INTEGER NOT NULL DEFAULT 0,          -- of its keys that are merged already
    newest INTEGER NOT NULL                     -- the largest message id in it
) STRICT;
CREATE TABLE buckets (
    place   INTEGER PRIMARY KEY,                -- of a run, then of the bucket in it
    entries BLOB NOT NULL
) STRICT;

-- What subscribers have chosen; few have a row.
CREATE TABLE choices (
    msisdn  INTEGER PRIMARY KEY,
    choices BLOB NOT NULL
) STRICT;

CREATE TABLE held (
    number      INTEGER PRIMARY KEY,
    operator    INTEGER NOT NULL,
    smsc_id     TEXT NOT NULL,
    last_digits INTEGER NOT NULL,               -- of the subscriber's number
    at          INTEGER NOT NULL,
    octets      BLOB NOT NULL
) STRICT;
CREATE INDEX held_smsc_id     ON held (operator, smsc_id);
CREATE INDEX held_last_digits ON held (operator, last_digits);

-- A row holds all outcomes of one commit.
CREATE TABLE outbox (
    first  INTEGER PRIMARY KEY,
    last   INTEGER NOT NULL,
    frames BLOB NOT NULL
) STRICT;

-- How many messages of an agency with a daily quota were submitted on its last day, and the last places of those put off.
CREATE TABLE used (
    agency   INTEGER PRIMARY KEY,               -- a hash of its name
    day      INTEGER NOT NULL,                  -- when it began, wall
    messages INTEGER NOT NULL,
    normal   INTEGER NOT NULL,                  -- of normal ones on that day, and on the next
    normal_next INTEGER NOT NULL,
    bulk     INTEGER NOT NULL,
    bulk_next INTEGER NOT NULL
) STRICT;

-- How far the times of a campaign that is spread over hours are dealt out.
CREATE TABLE dealt (
    spread  INTEGER PRIMARY KEY,                -- a hash of its agency and service
    arrival INTEGER NOT NULL,                   -- of its GCRA, steady
    last    INTEGER NOT NULL,                   -- time that was given, steady
    late    INTEGER NOT NULL,                   -- one that was given to a message that missed its own
    own     INTEGER NOT NULL                    -- which was this
) STRICT;

-- How many messages an agency had accepted on a day, by where they stand; also those forgotten.
CREATE TABLE books (
    agency TEXT NOT NULL,
    day    INTEGER NOT NULL,                    -- of acceptance, counted from 1970-01-01 UTC
    state  INTEGER NOT NULL,                    -- by its code, from submitted on; before, 128 and the reason's, or 0
    count  INTEGER NOT NULL,
    PRIMARY KEY (agency, day, state)
) STRICT, WITHOUT ROWID;
CREATE INDEX backlog ON books (state) WHERE (state = 0 OR state >= 128) AND count > 0;
