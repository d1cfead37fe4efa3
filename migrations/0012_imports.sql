-- Lists that are read in: members of delegations, firms.
-- +goose Up
CREATE TABLE imports (
  id            uuid PRIMARY KEY,
  event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  kind          text NOT NULL CONSTRAINT imports_kind CHECK (kind IN ('members', 'firms')),
  delegation_id uuid CONSTRAINT imports_delegation REFERENCES delegations ON DELETE CASCADE, -- null: each line names its own
  file_name     text NOT NULL CONSTRAINT imports_file_name_length CHECK (char_length(file_name) <= 200),
  file_sealed   bytea,                         -- gone once the list is committed, and after a week in any case
  pasted        boolean NOT NULL DEFAULT false, -- rows copied out of a spreadsheet, not a file
  lang          text NOT NULL CONSTRAINT imports_lang CHECK (lang IN ('zh', 'en')), -- of letters to those whose line does not say
  heads         jsonb NOT NULL DEFAULT '[]',   -- the columns as the file had them: code, title
  state         text NOT NULL CONSTRAINT imports_state CHECK (state IN ('reading', 'checked', 'committing', 'done', 'failed', 'cancelled')),
  rows          int NOT NULL DEFAULT 0,
  done_rows     int NOT NULL DEFAULT 0,
  good          int NOT NULL DEFAULT 0,        -- new or changed
  bad           int NOT NULL DEFAULT 0,
  unchanged     int NOT NULL DEFAULT 0,
  fault         jsonb,                         -- why it failed: key, args
  actor_kind    text NOT NULL,                 -- who brought the list; it is committed in their name
  actor_id      uuid,
  actor_zh      text NOT NULL,
  actor_en      text NOT NULL,
  created_at    timestamptz NOT NULL,
  ended_at      timestamptz,
  version       int NOT NULL DEFAULT 1,
  CONSTRAINT imports_delegation_members CHECK (delegation_id IS NULL OR kind = 'members')
);
CREATE INDEX imports_of_event ON imports (event_id, created_at DESC);
CREATE INDEX imports_of_delegation ON imports (delegation_id, created_at DESC) WHERE delegation_id IS NOT NULL;

CREATE TABLE import_rows (
  id              uuid PRIMARY KEY,
  import_id       uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
  line            int NOT NULL,                -- as the file counts
  verdict         text NOT NULL CONSTRAINT import_rows_verdict CHECK (verdict IN ('new', 'same', 'changed', 'bad', 'duplicate')),
  problems        jsonb NOT NULL DEFAULT '[]', -- column, key, args, and whether it is only a warning
  data_sealed     bytea,                       -- the line's cells; gone once they are taken over
  registration_id uuid CONSTRAINT import_rows_registration REFERENCES registrations ON DELETE SET NULL,
  CONSTRAINT import_rows_once UNIQUE (import_id, line)
);
CREATE INDEX import_rows_verdicts ON import_rows (import_id, verdict, line);
CREATE INDEX import_rows_registrations ON import_rows (registration_id) WHERE registration_id IS NOT NULL;
