-- What this installation is: empty, in use, or a demonstration with its own clock.
-- +goose Up
CREATE TABLE installation (
  only           boolean PRIMARY KEY DEFAULT true CONSTRAINT installation_only CHECK (only),
  demo_loaded_at timestamptz,
  clock_ahead_s  bigint NOT NULL DEFAULT 0     -- whole seconds that a demonstration's clock runs ahead of the machine's
);
INSERT INTO installation (only) VALUES (true);
