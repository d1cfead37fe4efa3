-- What must outlive a crash until it is answered.
-- +goose Up
CREATE TABLE link_requests (                   -- who asked for the links to their pages and has no answer yet: of known and unknown addresses alike
  id           uuid PRIMARY KEY,
  event_id     uuid NOT NULL CONSTRAINT link_requests_event REFERENCES events ON DELETE CASCADE,
  email_sealed bytea NOT NULL,
  asked_at     timestamptz NOT NULL,
  tried_at     timestamptz                     -- when answering failed the last time
);
CREATE INDEX link_requests_order ON link_requests (asked_at, id);
