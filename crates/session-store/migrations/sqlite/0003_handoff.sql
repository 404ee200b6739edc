-- What is handed out for seconds or minutes: handoff tokens, the access tokens that come of them, and arrivals
-- that wait for an answer. The hash is SHA-256 of what was handed out; who it is about is sealed.
CREATE TABLE grants (
    hash       BLOB    PRIMARY KEY NOT NULL,
    kind       TEXT    NOT NULL,
    audience   TEXT    NOT NULL,
    state_hash BLOB    NOT NULL,
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_by_expiry ON grants (expires_at);
