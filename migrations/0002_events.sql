-- Events and the places they happen in; reference tables kept by the office.
-- +goose Up
CREATE TABLE countries (                       -- countries and regions, by the office's own table, never a library's
  code    text PRIMARY KEY CONSTRAINT countries_code CHECK (code ~ '^[A-Z]{2}$'),
  code3   text NOT NULL,
  name_zh text NOT NULL,
  name_en text NOT NULL
);

CREATE TABLE cities (
  code            text PRIMARY KEY CONSTRAINT cities_code CHECK (code ~ '^[A-Z]{3}$'),
  country_code    text NOT NULL CONSTRAINT cities_country REFERENCES countries,
  name_zh         text NOT NULL,
  name_en         text NOT NULL,
  name_native     text NOT NULL,
  languages       text[] NOT NULL DEFAULT '{}',
  time_zone       text NOT NULL,
  country_group   text NOT NULL DEFAULT '',
  relation_status text NOT NULL DEFAULT '',
  relation_since  text NOT NULL DEFAULT '',
  relation_basis  text NOT NULL DEFAULT '',
  relation_source text NOT NULL DEFAULT ''
);

CREATE TABLE sectors (
  code    text PRIMARY KEY,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  kind    text NOT NULL DEFAULT ''
);

CREATE TABLE districts (
  code    text PRIMARY KEY,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  kind    text NOT NULL DEFAULT ''
);

CREATE TABLE series (
  id         uuid PRIMARY KEY,
  slug       text NOT NULL CONSTRAINT series_slug UNIQUE CONSTRAINT series_slug_form CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,59}$'),
  name_zh    text NOT NULL,
  name_en    text NOT NULL,
  kind       text NOT NULL CONSTRAINT series_kind CHECK (kind IN ('forum', 'overseas_week', 'fair', 'reception')),
  since_year int NOT NULL CONSTRAINT series_since CHECK (since_year BETWEEN 1949 AND 2200)
);

CREATE TABLE series_years (                    -- what a series reached before this program counted it
  series_id       uuid NOT NULL REFERENCES series ON DELETE CASCADE,
  year            int NOT NULL,
  editions        int NOT NULL,
  firms           int NOT NULL,
  signed_projects int NOT NULL,
  total_usd       numeric(18,2) NOT NULL,
  definition      text NOT NULL DEFAULT '',
  PRIMARY KEY (series_id, year)
);

CREATE TABLE events (
  id            uuid PRIMARY KEY,
  number        int GENERATED ALWAYS AS IDENTITY CONSTRAINT events_number UNIQUE, -- the short number inside badge tokens
  series_id     uuid NOT NULL CONSTRAINT events_series REFERENCES series,
  slug          text NOT NULL CONSTRAINT events_slug UNIQUE CONSTRAINT events_slug_form CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,59}$'),
  prefix        text NOT NULL CONSTRAINT events_prefix UNIQUE CONSTRAINT events_prefix_form CHECK (prefix ~ '^[A-Z][A-Z0-9]{1,5}$'), -- begins each reference: F27-0148
  title_zh      text NOT NULL CONSTRAINT events_title_zh_length CHECK (char_length(title_zh) BETWEEN 1 AND 200),
  title_en      text NOT NULL CONSTRAINT events_title_en_length CHECK (char_length(title_en) BETWEEN 1 AND 200),
  summary_zh    text NOT NULL DEFAULT '',
  summary_en    text NOT NULL DEFAULT '',
  place_zh      text NOT NULL DEFAULT '',
  place_en      text NOT NULL DEFAULT '',
  starts_on     date NOT NULL,
  ends_on       date NOT NULL,
  time_zone     text NOT NULL,
  status        text NOT NULL CONSTRAINT events_status CHECK (status IN
    ('preparing', 'registration_open', 'registration_closed', 'frozen', 'running', 'closed', 'reporting', 'archived')),
  created_at    timestamptz NOT NULL,
  version       int NOT NULL DEFAULT 1,
  CONSTRAINT events_days CHECK (ends_on >= starts_on AND ends_on < starts_on + 366)
);
ALTER TABLE role_grants ADD CONSTRAINT role_grants_event FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE;
ALTER TABLE api_tokens ADD CONSTRAINT api_tokens_event FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE;

CREATE TABLE stops (                           -- one city leg; a forum has one
  event_id     uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id           uuid PRIMARY KEY,
  position     int NOT NULL CONSTRAINT stops_position CHECK (position > 0),
  city_code    text CONSTRAINT stops_city REFERENCES cities,
  name_zh      text NOT NULL,
  name_en      text NOT NULL,
  time_zone    text NOT NULL,
  starts_on    date NOT NULL,
  ends_on      date NOT NULL,
  host_partner text NOT NULL DEFAULT '',
  CONSTRAINT stops_once UNIQUE (event_id, position),
  CONSTRAINT stops_days CHECK (ends_on >= starts_on)
);

CREATE TABLE tracks (
  event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id       uuid PRIMARY KEY,
  code     text NOT NULL,
  name_zh  text NOT NULL,
  name_en  text NOT NULL,
  CONSTRAINT tracks_once UNIQUE (event_id, code)
);

CREATE TABLE venues (
  event_id  uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id        uuid PRIMARY KEY,
  code      text NOT NULL,
  name_zh   text NOT NULL,
  name_en   text NOT NULL,
  time_zone text NOT NULL,
  CONSTRAINT venues_once UNIQUE (event_id, code)
);

CREATE TABLE venue_travel (                    -- whole minutes between two venues, one direction
  from_id uuid NOT NULL REFERENCES venues ON DELETE CASCADE,
  to_id   uuid NOT NULL REFERENCES venues ON DELETE CASCADE,
  minutes int NOT NULL CONSTRAINT venue_travel_minutes CHECK (minutes BETWEEN 0 AND 1440),
  PRIMARY KEY (from_id, to_id)
);

CREATE TABLE zones (
  event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id            uuid PRIMARY KEY,
  code          text NOT NULL CONSTRAINT zones_code CHECK (code ~ '^[A-Z0-9]{1,3}$'),
  name_zh       text NOT NULL,
  name_en       text NOT NULL,
  parent_id     uuid CONSTRAINT zones_parent REFERENCES zones,
  capacity      int CONSTRAINT zones_capacity CHECK (capacity > 0), -- null: not limited
  anti_passback boolean NOT NULL DEFAULT false,
  escort_for    text[] NOT NULL DEFAULT '{}',  -- badge types that enter only with an escort
  CONSTRAINT zones_once UNIQUE (event_id, code),
  CONSTRAINT zones_not_own_parent CHECK (parent_id <> id)
);

CREATE TABLE rooms (
  event_id  uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id        uuid PRIMARY KEY,
  venue_id  uuid NOT NULL CONSTRAINT rooms_venue REFERENCES venues,
  zone_id   uuid NOT NULL CONSTRAINT rooms_zone REFERENCES zones,
  code      text NOT NULL,
  name_zh   text NOT NULL,
  name_en   text NOT NULL,
  kind      text NOT NULL,
  capacity  int NOT NULL CONSTRAINT rooms_capacity CHECK (capacity > 0),
  step_free boolean NOT NULL,
  booths    int NOT NULL DEFAULT 0 CONSTRAINT rooms_booths CHECK (booths >= 0),
  CONSTRAINT rooms_once UNIQUE (event_id, code)
);

CREATE TABLE meeting_tables (                  -- 洽谈桌
  event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id       uuid PRIMARY KEY,
  room_id  uuid NOT NULL CONSTRAINT meeting_tables_room REFERENCES rooms,
  code     text NOT NULL,
  vip      boolean NOT NULL DEFAULT false,
  CONSTRAINT meeting_tables_once UNIQUE (event_id, code)
);

CREATE TABLE badge_types (
  event_id       uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  code           text NOT NULL CONSTRAINT badge_types_code CHECK (code ~ '^[A-Z]{2,4}$'),
  name_zh        text NOT NULL,
  name_en        text NOT NULL,
  colour         text NOT NULL CONSTRAINT badge_types_colour CHECK (colour ~ '^#[0-9A-F]{6}$'),
  pattern        text NOT NULL CONSTRAINT badge_types_pattern CHECK (pattern IN
    ('double', 'solid', 'diagonal', 'dots', 'vertical', 'grid', 'horizontal', 'checker')),
  zones          text[] NOT NULL,              -- codes of zones
  days           int[] NOT NULL,               -- days of the event, from 1
  photo_required boolean NOT NULL DEFAULT true,
  PRIMARY KEY (event_id, code)
);

CREATE TABLE categories (                      -- who may register, and how
  event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id         uuid PRIMARY KEY,
  code       text NOT NULL CONSTRAINT categories_code CHECK (code ~ '^[a-z][a-z_]{1,39}$'),
  name_zh    text NOT NULL,
  name_en    text NOT NULL,
  badge_type text NOT NULL,
  quota      int CONSTRAINT categories_quota CHECK (quota >= 0), -- null: not limited
  approval   text NOT NULL CONSTRAINT categories_approval CHECK (approval IN ('automatic', 'whitelist', 'review')),
  public     boolean NOT NULL,                 -- offered on the public form; others come by a delegation's or office's hand
  opens_at   timestamptz,
  closes_at  timestamptz,
  position   int NOT NULL,
  CONSTRAINT categories_once UNIQUE (event_id, code),
  CONSTRAINT categories_badge_type FOREIGN KEY (event_id, badge_type) REFERENCES badge_types,
  CONSTRAINT categories_open_before_close CHECK (closes_at > opens_at)
);
