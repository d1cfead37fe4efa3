-- Who came instead of whom is said at the registration that was replaced: it holds no
-- place any more, though its person may have been there, and its delegation has
-- another head.
-- +goose Up
ALTER TABLE registrations
  ADD COLUMN replaced_by uuid CONSTRAINT registrations_replaced_by REFERENCES registrations
    CONSTRAINT registrations_replaced_gone CHECK (replaced_by IS NULL OR status IN ('withdrawn', 'departed', 'cancelled') AND replaced_by <> id); -- cancelled: became one with another of theirs
UPDATE registrations r SET replaced_by = s.to_registration_id FROM substitutions s
  WHERE s.from_registration_id = r.id AND s.state = 'done' AND r.status IN ('withdrawn', 'departed');
DROP INDEX registrations_one_head;
CREATE UNIQUE INDEX registrations_one_head ON registrations (delegation_id)
  WHERE role = 'head' AND status NOT IN ('rejected', 'withdrawn', 'cancelled') AND replaced_by IS NULL;
CREATE INDEX substitutions_asked_of ON substitutions (to_registration_id) WHERE state = 'asked';
ALTER TABLE substitutions
  ADD COLUMN own boolean NOT NULL DEFAULT false; -- asked for by the person, who is told what comes of it
