-- Accounts, audit, outbox, idempotency: what every later step stands on.
-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE users (
  id            uuid PRIMARY KEY,
  email         text NOT NULL,
  name_zh       text NOT NULL CONSTRAINT users_name_zh_length CHECK (char_length(name_zh) BETWEEN 1 AND 120),
  name_en       text NOT NULL CONSTRAINT users_name_en_length CHECK (char_length(name_en) BETWEEN 1 AND 120),
  password_hash text NOT NULL,                -- PHC string, Argon2id
  lang          text NOT NULL DEFAULT 'zh' CONSTRAINT users_lang CHECK (lang IN ('zh', 'en')),
  disabled_at   timestamptz,
  sessions_from timestamptz NOT NULL DEFAULT '-infinity', -- sessions opened before ended with the old password
  created_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE role_grants (
  user_id  uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  event_id uuid,                              -- null: every event
  role     text NOT NULL CONSTRAINT role_grants_role CHECK (role IN
    ('owner', 'programme', 'matchmaking', 'protocol', 'doors_lead', 'projects', 'analyst', 'auditor')),
  granted_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX role_grants_once ON role_grants (user_id, event_id, role) NULLS NOT DISTINCT;

CREATE TABLE api_tokens (
  id           uuid PRIMARY KEY,
  name         text NOT NULL CONSTRAINT api_tokens_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  secret_hash  bytea NOT NULL CONSTRAINT api_tokens_secret UNIQUE,  -- SHA-256; the secret has 256 random bits
  role         text NOT NULL CONSTRAINT api_tokens_role CHECK (role IN
    ('owner', 'programme', 'matchmaking', 'protocol', 'doors_lead', 'projects', 'analyst', 'auditor')),
  event_id     uuid,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz
);

-- The audit log is append-only: the database itself refuses to change it.
CREATE TABLE audit_entries (
  id          uuid PRIMARY KEY,               -- UUIDv7: made in order of time
  at          timestamptz NOT NULL,
  actor_kind  text NOT NULL CONSTRAINT audit_entries_actor_kind CHECK (actor_kind IN ('user', 'token', 'device', 'guest', 'system')),
  actor_id    uuid,
  actor_name  text NOT NULL,
  event_id    uuid,
  action      text NOT NULL,                  -- "registration.approve"
  object_kind text NOT NULL,
  object_id   uuid NOT NULL,
  before      jsonb,                          -- only fields that changed; never a sensitive value
  after       jsonb,
  reason      text NOT NULL DEFAULT ''
);
CREATE INDEX audit_entries_object ON audit_entries (object_id, id);
CREATE INDEX audit_entries_event ON audit_entries (event_id, id);

-- Seals chain the entries after they were committed, so that writing never
-- waits on a chain: digest = SHA-256(previous digest, entry).
CREATE TABLE audit_seals (
  position bigint PRIMARY KEY,
  entry_id uuid NOT NULL CONSTRAINT audit_seals_entry UNIQUE REFERENCES audit_entries,
  digest   bytea NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE outbox (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid,
  kind     text NOT NULL,
  ref      uuid NOT NULL,
  at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE idempotency_keys (
  actor_id     uuid NOT NULL,                 -- zero for guests, whose keys are told apart by address below
  key          text NOT NULL CONSTRAINT idempotency_keys_length CHECK (char_length(key) BETWEEN 1 AND 255),
  request_hash bytea NOT NULL,                -- method, path and body
  status       int,                           -- null while the first request runs
  content_type text,
  body         bytea,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (actor_id, key)
);
