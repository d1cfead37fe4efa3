-- What became of each value of a registration; who replaces whom; what people ask
-- to have done with their data.
-- +goose Up
ALTER TABLE registrations ADD COLUMN requested_fields text[] NOT NULL DEFAULT '{}'; -- that whoever returned it asks to be put right
CREATE INDEX magic_links_of_registration ON magic_links (registration_id, created_at) WHERE registration_id IS NOT NULL;
CREATE INDEX mails_of_registration ON mails (registration_id, created_at) WHERE registration_id IS NOT NULL;
CREATE INDEX scans_of_registration ON scans (registration_id, judged_at) WHERE registration_id IS NOT NULL;

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

CREATE TABLE substitutions (                   -- who comes in whose place
  id                   uuid PRIMARY KEY,
  delegation_id        uuid NOT NULL CONSTRAINT substitutions_delegation REFERENCES delegations ON DELETE CASCADE,
  from_registration_id uuid NOT NULL CONSTRAINT substitutions_from REFERENCES registrations ON DELETE CASCADE,
  to_registration_id   uuid NOT NULL CONSTRAINT substitutions_to REFERENCES registrations ON DELETE CASCADE,
  as_rank              text NOT NULL CONSTRAINT substitutions_as_rank CHECK (as_rank IN ('own', 'representative')), -- where the deputy sits
  state                text NOT NULL CONSTRAINT substitutions_state CHECK (state IN ('asked', 'done', 'refused')),
  note                 text NOT NULL DEFAULT '' CONSTRAINT substitutions_note_length CHECK (char_length(note) <= 500),
  asked_at             timestamptz NOT NULL,
  asked_by_zh          text NOT NULL,
  asked_by_en          text NOT NULL,
  decided_at           timestamptz,
  decided_by_zh        text NOT NULL DEFAULT '',
  decided_by_en        text NOT NULL DEFAULT '',
  reason               text NOT NULL DEFAULT '' CONSTRAINT substitutions_reason_length CHECK (char_length(reason) <= 1000), -- of a refusal
  CONSTRAINT substitutions_of_two CHECK (from_registration_id <> to_registration_id),
  CONSTRAINT substitutions_decided CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX substitutions_one_asked ON substitutions (from_registration_id) WHERE state = 'asked';
CREATE INDEX substitutions_of ON substitutions (delegation_id, asked_at);

CREATE TABLE privacy_requests (                -- what people ask to have done with their data
  id              uuid PRIMARY KEY,
  event_id        uuid NOT NULL CONSTRAINT privacy_requests_event REFERENCES events ON DELETE CASCADE,
  registration_id uuid NOT NULL CONSTRAINT privacy_requests_registration REFERENCES registrations ON DELETE CASCADE,
  kind            text NOT NULL CONSTRAINT privacy_requests_kind CHECK (kind IN ('export', 'erase', 'rectify')),
  wish            text NOT NULL DEFAULT '' CONSTRAINT privacy_requests_wish_length CHECK (char_length(wish) <= 1000), -- in the person's words
  state           text NOT NULL CONSTRAINT privacy_requests_state CHECK (state IN ('open', 'done', 'refused', 'withdrawn')),
  at              timestamptz NOT NULL,
  decided_at      timestamptz,
  decided_by      text NOT NULL DEFAULT '',
  note            text NOT NULL DEFAULT '' CONSTRAINT privacy_requests_note_length CHECK (char_length(note) <= 1000), -- that the person reads
  CONSTRAINT privacy_requests_decided CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX privacy_requests_one_open ON privacy_requests (registration_id, kind) WHERE state = 'open';
CREATE INDEX privacy_requests_of ON privacy_requests (event_id, at DESC);
