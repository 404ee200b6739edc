-- When the provider last stood by the session. One from before there were checks counts as checked when it began.
ALTER TABLE sessions ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET checked_at = created_at;
