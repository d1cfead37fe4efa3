-- Firms: the host city's side of matchmaking and of signed projects.
-- +goose Up
CREATE TABLE firms (
  id               uuid PRIMARY KEY,
  code             text NOT NULL CONSTRAINT firms_code UNIQUE,         -- F001
  credit_code      text NOT NULL CONSTRAINT firms_credit_code UNIQUE   -- unified social credit code, GB 32100
    CONSTRAINT firms_credit_code_form CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  name_zh          text NOT NULL,
  name_en          text NOT NULL,
  district_code    text NOT NULL CONSTRAINT firms_district REFERENCES districts,
  ownership        text NOT NULL CONSTRAINT firms_ownership CHECK (ownership IN ('private', 'state_owned', 'state_controlled', 'joint_venture', 'foreign_invested', 'public_institution')),
  employees        int CONSTRAINT firms_employees CHECK (employees >= 0),
  languages        text[] NOT NULL DEFAULT '{}',
  offers_zh        text NOT NULL DEFAULT '',
  offers_en        text NOT NULL DEFAULT '',
  needs_zh         text NOT NULL DEFAULT '',
  needs_en         text NOT NULL DEFAULT '',
  target_countries text[] NOT NULL DEFAULT '{}',
  competitor_group text NOT NULL DEFAULT '',
  contact_email    text NOT NULL DEFAULT '',
  created_at       timestamptz NOT NULL,
  version          int NOT NULL DEFAULT 1
);

CREATE TABLE firm_sectors (
  firm_id     uuid NOT NULL REFERENCES firms ON DELETE CASCADE,
  sector_code text NOT NULL CONSTRAINT firm_sectors_sector REFERENCES sectors,
  position    int NOT NULL CONSTRAINT firm_sectors_position CHECK (position BETWEEN 1 AND 3),
  PRIMARY KEY (firm_id, sector_code),
  CONSTRAINT firm_sectors_once UNIQUE (firm_id, position)
);

CREATE TABLE firm_grants (                     -- two separate attributes and a policy, each dated and revocable
  id         uuid PRIMARY KEY,
  firm_id    uuid NOT NULL REFERENCES firms ON DELETE CASCADE,
  kind       text NOT NULL CONSTRAINT firm_grants_kind CHECK (kind IN ('whitelist', 'direct_report', 'auto_approve')),
  valid_from date NOT NULL,
  review_on  date NOT NULL,
  revoked_on date,
  basis      text NOT NULL CONSTRAINT firm_grants_basis CHECK (char_length(basis) BETWEEN 1 AND 500),
  granted_by text NOT NULL,
  CONSTRAINT firm_grants_dates CHECK (review_on > valid_from AND revoked_on >= valid_from),
  CONSTRAINT firm_grants_once EXCLUDE USING gist (firm_id WITH =, kind WITH =,
    daterange(valid_from, coalesce(revoked_on, 'infinity'), '[)') WITH &&)
);

CREATE TABLE event_firms (                     -- a firm takes part in an event, at a stop of an overseas week
  event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  firm_id  uuid NOT NULL CONSTRAINT event_firms_firm REFERENCES firms,
  stop_id  uuid CONSTRAINT event_firms_stop REFERENCES stops
);
CREATE UNIQUE INDEX event_firms_once ON event_firms (event_id, firm_id, stop_id) NULLS NOT DISTINCT;
