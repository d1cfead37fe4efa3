-- What must outlive a crash until it is answered; letters by which somebody is put in
-- another's place.
-- +goose Up
CREATE TABLE link_requests (                   -- who asked for the links to their pages and has no answer yet: of known and unknown addresses alike
  id           uuid PRIMARY KEY,
  event_id     uuid NOT NULL CONSTRAINT link_requests_event REFERENCES events ON DELETE CASCADE,
  email_sealed bytea NOT NULL,
  asked_at     timestamptz NOT NULL,
  tried_at     timestamptz                     -- when answering failed the last time
);
CREATE INDEX link_requests_order ON link_requests (asked_at, id);

-- The letter of a city that names a deputy, about whoever does not come.
ALTER TABLE files DROP CONSTRAINT files_purpose;
ALTER TABLE files ADD CONSTRAINT files_purpose CHECK (purpose IN ('photo', 'passport_scan', 'answer', 'letter', 'evidence', 'succession'));
ALTER TABLE files DROP CONSTRAINT files_of_somebody;
ALTER TABLE files ADD CONSTRAINT files_of_somebody CHECK (purpose NOT IN ('photo', 'passport_scan', 'answer', 'succession') OR registration_id IS NOT NULL);
ALTER TABLE substitutions ADD COLUMN letter_id uuid CONSTRAINT substitutions_letter REFERENCES files; -- null: none was handed in
