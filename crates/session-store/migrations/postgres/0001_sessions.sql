-- Times are milliseconds since the epoch, UTC. Keys are SHA-256 of what the browser holds. JSON is text:
-- nothing looks into it here, and PostgreSQL's own JSON types refuse the character U+0000.

CREATE TABLE sessions (
    key                 BYTEA  PRIMARY KEY,
    public_id           TEXT   NOT NULL,
    user_info           TEXT   NOT NULL,
    provider            TEXT   NOT NULL,
    issuer              TEXT   NOT NULL,
    subject             TEXT   NOT NULL,
    provider_session    TEXT,
    issued_at           BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    last_seen_at        BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    absolute_expires_at BIGINT NOT NULL,
    data                TEXT   NOT NULL,
    sealed_tokens       BYTEA  NOT NULL,
    tokens_expire_at    BIGINT,
    user_agent          TEXT,
    refresh_owner       BYTEA,
    refresh_until       BIGINT,
    ended_reason        TEXT
);

CREATE INDEX sessions_by_subject ON sessions (issuer, subject);
CREATE INDEX sessions_by_provider_session ON sessions (issuer, provider_session) WHERE provider_session IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- "This was logged out": refuses a sign-in that the logout overtook.
CREATE TABLE tombstones (
    issuer       TEXT   NOT NULL,
    kind         TEXT   NOT NULL CHECK (kind IN ('sid', 'sub')),
    value        TEXT   NOT NULL,
    begun_before BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (issuer, kind, value)
);

-- The `state` of every sign-in and sign-out that came back, until it could not come back again anyway.
CREATE TABLE used_states (
    state_hash BYTEA  PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
