-- The agenda: sessions, who speaks, who may enter.
-- +goose Up
CREATE TABLE sessions (
  event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id            uuid PRIMARY KEY,
  code          text NOT NULL,                 -- S08
  stop_id       uuid NOT NULL CONSTRAINT sessions_stop REFERENCES stops,
  track_id      uuid CONSTRAINT sessions_track REFERENCES tracks,
  room_id       uuid CONSTRAINT sessions_room REFERENCES rooms,
  zone_id       uuid CONSTRAINT sessions_zone REFERENCES zones,
  kind          text NOT NULL CONSTRAINT sessions_kind CHECK (kind IN
    ('plenary', 'ceremony', 'matchmaking', 'round_table', 'roadshow', 'courtesy_call', 'site_visit', 'signing', 'press', 'meal',
     'reception', 'group_photo', 'holding', 'accreditation', 'desk', 'briefing', 'internal')),
  title_zh      text NOT NULL CONSTRAINT sessions_title_zh_length CHECK (char_length(title_zh) BETWEEN 1 AND 200),
  title_en      text NOT NULL CONSTRAINT sessions_title_en_length CHECK (char_length(title_en) BETWEEN 1 AND 200),
  starts_at     timestamptz NOT NULL,
  ends_at       timestamptz NOT NULL,
  meet_point_id uuid CONSTRAINT sessions_meet_point REFERENCES rooms,
  capacity      int CONSTRAINT sessions_capacity CHECK (capacity > 0),
  languages     text[] NOT NULL DEFAULT '{}',  -- simultaneous interpretation
  access        text NOT NULL DEFAULT 'open' CONSTRAINT sessions_access CHECK (access IN ('open', 'list')),
  status        text NOT NULL CONSTRAINT sessions_status CHECK (status IN ('draft', 'planned', 'published', 'live', 'ended', 'archived', 'cancelled')),
  embargo_until timestamptz,                   -- hidden from every public view before
  change_note_zh text NOT NULL DEFAULT '',     -- why it was last moved, or cancelled
  change_note_en text NOT NULL DEFAULT '',
  published_at  timestamptz,                   -- first published; what never was is unknown to guests, cancelled or not
  moved_at      timestamptz,                   -- last moved after it was published, and from where:
  was_starts_at timestamptz,
  was_ends_at   timestamptz,
  was_room_id   uuid CONSTRAINT sessions_was_room REFERENCES rooms,
  created_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL,
  version       int NOT NULL DEFAULT 1,
  CONSTRAINT sessions_once UNIQUE (event_id, code),
  CONSTRAINT sessions_length CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'),
  CONSTRAINT sessions_cancelled_why CHECK (status <> 'cancelled' OR change_note_zh <> '' OR change_note_en <> ''),
  -- One room, one session at a time.
  CONSTRAINT sessions_room_free EXCLUDE USING gist (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
    WHERE (room_id IS NOT NULL AND status NOT IN ('cancelled', 'archived'))
);
CREATE INDEX sessions_by_time ON sessions (event_id, starts_at, id);
ALTER TABLE gates ADD CONSTRAINT gates_session FOREIGN KEY (session_id) REFERENCES sessions;

CREATE TABLE session_people (                  -- speakers in order, and the access list
  session_id      uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  registration_id uuid NOT NULL REFERENCES registrations ON DELETE CASCADE,
  part            text NOT NULL CONSTRAINT session_people_part CHECK (part IN ('speaker', 'listed')),
  position        int NOT NULL DEFAULT 0,
  PRIMARY KEY (session_id, registration_id, part)
);
CREATE INDEX session_people_of ON session_people (registration_id);

CREATE TABLE agenda_versions (                 -- rises by one in each transaction that changes an event's agenda
  event_id uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,
  version  bigint NOT NULL,
  lifted_until timestamptz NOT NULL DEFAULT '-infinity' -- embargoes that ended up to here were announced
);
