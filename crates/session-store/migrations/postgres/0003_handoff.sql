-- What is handed out for seconds or minutes: handoff tokens, the access tokens that come of them, and arrivals
-- that wait for an answer. The hash is SHA-256 of what was handed out; who it is about is sealed.
CREATE TABLE grants (
    hash       BYTEA  PRIMARY KEY,
    kind       TEXT   NOT NULL,
    audience   TEXT   NOT NULL,
    state_hash BYTEA  NOT NULL,
    sealed     BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX grants_by_expiry ON grants (expires_at);
