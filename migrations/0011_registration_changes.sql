-- What became of each value of a registration; who replaces whom; what people ask
-- to have done with their data.
-- +goose Up
ALTER TABLE registrations ADD COLUMN requested_fields text[] NOT NULL DEFAULT '{}'; -- that whoever returned it asks to be put right

CREATE TABLE registration_changes (            -- every change of a value of a registration or its person
  id              uuid PRIMARY KEY,
  registration_id uuid NOT NULL CONSTRAINT registration_changes_registration REFERENCES registrations ON DELETE CASCADE,
  at              timestamptz NOT NULL,
  actor_kind      text NOT NULL,
  actor_zh        text NOT NULL,
  actor_en        text NOT NULL,
  source          text NOT NULL CONSTRAINT registration_changes_source CHECK (source IN ('web', 'api', 'import', 'delegation', 'onsite', 'office', 'merge')),
  fields          jsonb NOT NULL CONSTRAINT registration_changes_fields CHECK (jsonb_typeof(fields) = 'array'), -- [{field, from, to}]; sensitive ones masked
  values_sealed   bytea,                       -- the sensitive ones in full
  state           text NOT NULL CONSTRAINT registration_changes_state CHECK (state IN ('applied', 'pending', 'refused', 'withdrawn', 'superseded')),
  decided_at      timestamptz,
  decided_by_zh   text NOT NULL DEFAULT '',
  decided_by_en   text NOT NULL DEFAULT '',
  reason          text NOT NULL DEFAULT '' CONSTRAINT registration_changes_reason CHECK (char_length(reason) <= 1000),
  CONSTRAINT registration_changes_decided CHECK (state = 'pending' OR decided_at IS NOT NULL)
);
CREATE INDEX registration_changes_of ON registration_changes (registration_id, at, id);
CREATE UNIQUE INDEX registration_changes_one_pending ON registration_changes (registration_id) WHERE state = 'pending';
