-- Badges and doors.
-- +goose Up
CREATE TABLE signing_keys (                    -- the organiser's key ring; public keys of old editions stay
  id             int PRIMARY KEY CONSTRAINT signing_keys_id CHECK (id BETWEEN 1 AND 255),
  public_key     bytea NOT NULL,
  private_sealed bytea,                        -- null once retired
  created_at     timestamptz NOT NULL,
  retired_at     timestamptz
);

CREATE TABLE badges (
  event_id        uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id              uuid PRIMARY KEY,
  registration_id uuid NOT NULL CONSTRAINT badges_registration REFERENCES registrations,
  serial          text NOT NULL CONSTRAINT badges_serial UNIQUE,         -- B-00417; reprints end in -R1, -R2
  credential      bytea NOT NULL CONSTRAINT badges_credential UNIQUE CONSTRAINT badges_credential_length CHECK (octet_length(credential) = 12),
  key_id          int NOT NULL CONSTRAINT badges_key REFERENCES signing_keys,
  token           text NOT NULL,               -- the signed text in the QR code
  badge_type      text NOT NULL,
  extra_zones     text[] NOT NULL DEFAULT '{}',
  days            int[] NOT NULL,
  state           text NOT NULL CONSTRAINT badges_state CHECK (state IN
    ('requested', 'produced', 'active', 'suspended', 'returned', 'expired', 'revoked', 'superseded')),
  state_reason    text NOT NULL DEFAULT '',
  valid_from      timestamptz NOT NULL,
  valid_to        timestamptz NOT NULL,
  replaces        uuid CONSTRAINT badges_replaces UNIQUE REFERENCES badges,
  issued_at       timestamptz NOT NULL,
  activated_at    timestamptz,
  printed_at      timestamptz,                 -- the last time it went to paper
  ended_at        timestamptz,
  version         int NOT NULL DEFAULT 1,
  CONSTRAINT badges_window CHECK (valid_to > valid_from),
  CONSTRAINT badges_badge_type FOREIGN KEY (event_id, badge_type) REFERENCES badge_types
);
CREATE UNIQUE INDEX badges_one_living ON badges (registration_id) WHERE state IN ('requested', 'produced', 'active', 'suspended');
CREATE INDEX badges_latest ON badges (event_id, issued_at DESC, id);
CREATE SEQUENCE badge_serials;

CREATE TABLE badge_prints (                    -- each run of the printer: who, when, which
  event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id         uuid PRIMARY KEY,
  printed_at timestamptz NOT NULL,
  printed_by text NOT NULL,
  layout     text NOT NULL CONSTRAINT badge_prints_layout CHECK (layout IN ('a6', 'a4')),
  badge_ids  uuid[] NOT NULL CONSTRAINT badge_prints_some CHECK (cardinality(badge_ids) > 0)
);
CREATE INDEX badge_prints_latest ON badge_prints (event_id, printed_at DESC, id);

CREATE TABLE badge_backs (                     -- what the backs of an event's badges say beside its own facts
  event_id  uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,
  emergency text NOT NULL DEFAULT '' CONSTRAINT badge_backs_emergency_length CHECK (char_length(emergency) <= 30),
  finder_zh text NOT NULL DEFAULT '' CONSTRAINT badge_backs_finder_zh_length CHECK (char_length(finder_zh) <= 200),
  finder_en text NOT NULL DEFAULT '' CONSTRAINT badge_backs_finder_en_length CHECK (char_length(finder_en) <= 300)
);

CREATE TABLE gates (
  event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id         uuid PRIMARY KEY,
  code       text NOT NULL CONSTRAINT gates_code CHECK (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
  name_zh    text NOT NULL,
  name_en    text NOT NULL,
  zone_id    uuid NOT NULL CONSTRAINT gates_zone REFERENCES zones,
  session_id uuid,                             -- a gate of one session asks for its access list
  direction  text NOT NULL CONSTRAINT gates_direction CHECK (direction IN ('in', 'out', 'both')),
  open       boolean NOT NULL DEFAULT true,
  CONSTRAINT gates_once UNIQUE (event_id, code)
);

CREATE TABLE devices (
  event_id     uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id           uuid PRIMARY KEY,
  gate_id      uuid NOT NULL CONSTRAINT devices_gate REFERENCES gates,
  name         text NOT NULL CONSTRAINT devices_name_length CHECK (char_length(name) BETWEEN 1 AND 60),
  duty         text NOT NULL CONSTRAINT devices_duty CHECK (duty IN ('steward', 'supervisor')),
  pairing_hash bytea CONSTRAINT devices_pairing UNIQUE,  -- of the code shown to the door; gone once used
  pairing_ends timestamptz,
  secret_hash  bytea CONSTRAINT devices_secret UNIQUE,
  created_at   timestamptz NOT NULL,
  paired_at    timestamptz,
  revoked_at   timestamptz,
  last_seen_at timestamptz
);
CREATE INDEX devices_of ON devices (event_id, created_at);

CREATE TABLE scans (                           -- every reading, granted or not; its own trail
  event_id        uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id              uuid PRIMARY KEY,
  scan_id         uuid NOT NULL CONSTRAINT scans_scan_id UNIQUE,  -- made by the device; repeats are harmless
  gate_id         uuid NOT NULL CONSTRAINT scans_gate REFERENCES gates,
  device_id       uuid CONSTRAINT scans_device REFERENCES devices,
  badge_id        uuid CONSTRAINT scans_badge REFERENCES badges,
  registration_id uuid CONSTRAINT scans_registration REFERENCES registrations,
  direction       text NOT NULL CONSTRAINT scans_direction CHECK (direction IN ('in', 'out')),
  granted         boolean NOT NULL,
  code            text NOT NULL,
  first_code      text NOT NULL DEFAULT '',    -- of a repeated reading: the code that it repeats
  read_by         text NOT NULL CONSTRAINT scans_read_by CHECK (read_by IN ('code', 'reference', 'name')),
  mode            text NOT NULL CONSTRAINT scans_mode CHECK (mode IN ('online', 'offline')),
  scanned_at      timestamptz NOT NULL,        -- by the device's clock
  judged_at       timestamptz NOT NULL,        -- the instant the verdict is about: ours when online, the device's put right when not
  received_at     timestamptz NOT NULL,        -- by our clock
  override_reason text NOT NULL DEFAULT '',
  server_code     text NOT NULL DEFAULT ''     -- offline only: what the server would have said, where it differs: a conflict
);
CREATE INDEX scans_log ON scans (event_id, received_at DESC, id);
CREATE INDEX scans_denied ON scans (event_id) WHERE NOT granted;
CREATE INDEX scans_conflicts ON scans (event_id, received_at DESC) WHERE server_code <> '';
CREATE INDEX scans_badge_recent ON scans (badge_id, gate_id, direction, judged_at DESC) WHERE badge_id IS NOT NULL;
CREATE INDEX scans_gate_recent ON scans (gate_id, judged_at DESC);

CREATE TABLE presence (                        -- who is inside which zone now
  event_id        uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  zone_id         uuid NOT NULL REFERENCES zones ON DELETE CASCADE,
  registration_id uuid NOT NULL REFERENCES registrations ON DELETE CASCADE,
  inside          boolean NOT NULL,
  since           timestamptz NOT NULL,
  gate_id         uuid NOT NULL CONSTRAINT presence_gate REFERENCES gates,
  PRIMARY KEY (zone_id, registration_id)
);
CREATE INDEX presence_inside ON presence (zone_id) WHERE inside;
