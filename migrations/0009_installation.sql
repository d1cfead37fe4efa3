-- What this installation is: in use, or a demonstration with its own clock.
-- +goose Up
CREATE TABLE installation (
  singleton      boolean PRIMARY KEY DEFAULT true CONSTRAINT installation_singleton CHECK (singleton),
  secret_check   bytea,                        -- proves that a process holds the SECRET_KEY this database was sealed with
  demo_begun_at  timestamptz,                  -- an unfinished load is thrown away at the next start
  demo_loaded_at timestamptz,
  clock_ahead_s  bigint NOT NULL DEFAULT 0     -- whole seconds that a demonstration's clock runs ahead of the machine's
);
INSERT INTO installation (singleton) VALUES (true);
