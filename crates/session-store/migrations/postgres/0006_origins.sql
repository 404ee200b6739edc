-- At which origins of an app users have signed in, where the registry has a pattern.
CREATE TABLE app_origins (
    app        TEXT   NOT NULL,
    origin     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app, origin)
);
