-- Who still has to be told that a provider's session ended.
CREATE TABLE outbox (
    id         BLOB    PRIMARY KEY NOT NULL,
    payload    TEXT    NOT NULL,
    tries      INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    give_up_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_by_due ON outbox (due_at);
