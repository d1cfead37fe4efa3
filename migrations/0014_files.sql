-- Files, the key ring, and how long what is kept.
-- +goose Up
CREATE TABLE key_ring (                        -- no row: the keys that SECRET_KEY itself gives
  singleton  boolean PRIMARY KEY DEFAULT true CONSTRAINT key_ring_singleton CHECK (singleton),
  fields     bytea NOT NULL,                   -- Tink keysets, encrypted under SECRET_KEY
  indexes    bytea NOT NULL,
  renewed_at timestamptz NOT NULL
);

CREATE TABLE blobs (                           -- every key under which a content was ever put, until it is gone
  key     text PRIMARY KEY,
  made_at timestamptz NOT NULL
);

CREATE TABLE files (
  event_id        uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id              uuid PRIMARY KEY,
  registration_id uuid CONSTRAINT files_registration REFERENCES registrations ON DELETE CASCADE,
  purpose         text NOT NULL CONSTRAINT files_purpose CHECK (purpose IN ('photo', 'passport_scan', 'answer', 'letter', 'evidence')),
  name            text NOT NULL CONSTRAINT files_name_length CHECK (char_length(name) <= 120),
  mime            text NOT NULL,
  size            int NOT NULL CONSTRAINT files_size CHECK (size > 0), -- bytes, before sealing
  width           int NOT NULL DEFAULT 0,      -- of a picture, in pixels
  height          int NOT NULL DEFAULT 0,
  sha256          bytea NOT NULL CONSTRAINT files_sha256 CHECK (octet_length(sha256) = 32),
  key             text CONSTRAINT files_key UNIQUE CONSTRAINT files_blob REFERENCES blobs, -- null once deleted
  sealed_by       bigint NOT NULL,             -- number of the key of the ring
  created_at      timestamptz NOT NULL,
  created_by      text NOT NULL,
  deleted_at      timestamptz,
  CONSTRAINT files_deleted CHECK ((deleted_at IS NULL) = (key IS NOT NULL)),
  CONSTRAINT files_of_somebody CHECK (purpose NOT IN ('photo', 'passport_scan', 'answer') OR registration_id IS NOT NULL)
);
CREATE INDEX files_of ON files (registration_id, created_at);
CREATE INDEX files_sealed_by ON files (sealed_by) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX files_one_of_a_kind ON files (registration_id, purpose) WHERE deleted_at IS NULL AND purpose IN ('photo', 'passport_scan');

CREATE TABLE retention_rules (
  class        text PRIMARY KEY,
  days         int NOT NULL CONSTRAINT retention_rules_days CHECK (days BETWEEN 0 AND 36500), -- after the event's end
  default_days int NOT NULL,
  changed_at   timestamptz,
  changed_by   text NOT NULL DEFAULT ''
);
INSERT INTO retention_rules (class, days, default_days) VALUES
  ('needs', 30, 30), ('scans', 30, 30), ('documents', 90, 90), ('badges', 90, 90), ('photos', 365, 365), ('persons', 365, 365),
  ('answers', 365, 365), ('mails', 365, 365), ('consents', 1095, 1095), ('letters', 1825, 1825), ('evidence', 3650, 3650);

CREATE TABLE purges (                          -- what was purged: how much, never what
  id       uuid PRIMARY KEY,
  class    text NOT NULL CONSTRAINT purges_class REFERENCES retention_rules,
  event_id uuid NOT NULL CONSTRAINT purges_event REFERENCES events ON DELETE CASCADE,
  at       timestamptz NOT NULL,
  rows     int NOT NULL CONSTRAINT purges_rows CHECK (rows > 0)
);
CREATE INDEX purges_latest ON purges (event_id, class, at DESC);

CREATE TABLE purge_runs (                      -- one a day, whichever process came first
  day      date PRIMARY KEY,
  begun_at timestamptz NOT NULL,
  ended_at timestamptz
);

CREATE TABLE legal_holds (                     -- what nothing may purge: a person's data, or a whole event's
  id              uuid PRIMARY KEY,
  event_id        uuid NOT NULL CONSTRAINT legal_holds_event REFERENCES events ON DELETE CASCADE,
  registration_id uuid CONSTRAINT legal_holds_registration REFERENCES registrations,
  reason          text NOT NULL CONSTRAINT legal_holds_reason_length CHECK (char_length(reason) BETWEEN 1 AND 500),
  placed_at       timestamptz NOT NULL,
  placed_by       text NOT NULL,
  lifted_at       timestamptz,
  lifted_by       text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX legal_holds_once ON legal_holds (event_id, registration_id) NULLS NOT DISTINCT WHERE lifted_at IS NULL;
CREATE INDEX legal_holds_standing ON legal_holds (registration_id) WHERE lifted_at IS NULL;

-- +goose StatementBegin
CREATE FUNCTION held(registration uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM legal_holds h WHERE h.registration_id = registration AND h.lifted_at IS NULL)
$$;
-- +goose StatementEnd

ALTER TABLE persons ADD COLUMN pseudonymous boolean NOT NULL DEFAULT false; -- nothing is left of them but the reference of a registration
