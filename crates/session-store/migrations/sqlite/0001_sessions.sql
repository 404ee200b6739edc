-- Times are milliseconds since the epoch, UTC. Keys are SHA-256 of what the browser holds.

CREATE TABLE sessions (
    key                 BLOB    PRIMARY KEY NOT NULL,
    public_id           TEXT    NOT NULL,
    user                TEXT    NOT NULL,
    provider            TEXT    NOT NULL,
    issuer              TEXT    NOT NULL,
    subject             TEXT    NOT NULL,
    provider_session    TEXT,
    issued_at           INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    last_seen_at        INTEGER NOT NULL,
    expires_at          INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    data                TEXT    NOT NULL,
    sealed_tokens       BLOB    NOT NULL,
    tokens_expire_at    INTEGER,
    user_agent          TEXT,
    refresh_owner       BLOB,
    refresh_until       INTEGER,
    ended_reason        TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_subject ON sessions (issuer, subject);
CREATE INDEX sessions_by_provider_session ON sessions (issuer, provider_session) WHERE provider_session IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- "This was logged out": refuses a sign-in that the logout overtook.
CREATE TABLE tombstones (
    issuer       TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('sid', 'sub')),
    value        TEXT    NOT NULL,
    begun_before INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (issuer, kind, value)
) STRICT, WITHOUT ROWID;

-- The `state` of every sign-in and sign-out that came back, until it could not come back again anyway.
CREATE TABLE used_states (
    state_hash BLOB    PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, for the other processes on this file.
CREATE TABLE events (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    line TEXT NOT NULL
) STRICT;
