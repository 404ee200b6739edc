-- When the sign-in behind a session began, by our clock, and identity's reference for the browser it took place in.
ALTER TABLE sessions ADD COLUMN begun_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET begun_at = created_at;
ALTER TABLE sessions ADD COLUMN browser TEXT;

-- A logout may mean one user in one browser.
ALTER TABLE tombstones DROP CONSTRAINT tombstones_kind_check;
ALTER TABLE tombstones ADD CONSTRAINT tombstones_kind_check CHECK (kind IN ('sid', 'sub', 'browser'));
