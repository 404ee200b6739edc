-- Who still has to be told that a provider's session ended.
CREATE TABLE outbox (
    id         BYTEA  PRIMARY KEY,
    payload    TEXT   NOT NULL,
    tries      BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    give_up_at BIGINT NOT NULL
);

CREATE INDEX outbox_by_due ON outbox (due_at);
