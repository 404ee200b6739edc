-- When the sign-in behind a session began, by our clock, and identity's reference for the browser it took place in.
ALTER TABLE sessions ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET begun_at = created_at;
ALTER TABLE sessions ADD COLUMN browser TEXT;

-- A logout may mean one user in one browser.
CREATE TABLE new_tombstones (
    issuer       TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('sid', 'sub', 'browser')),
    value        TEXT    NOT NULL,
    begun_before INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (issuer, kind, value)
) STRICT, WITHOUT ROWID;
INSERT INTO new_tombstones SELECT issuer, kind, value, begun_before, expires_at FROM tombstones;
DROP TABLE tombstones;
ALTER TABLE new_tombstones RENAME TO tombstones;
