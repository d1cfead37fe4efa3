-- Firms, whole: who to speak to, what became of each grant, where a firm sat when,
-- and what it is found by.
-- +goose Up
ALTER TABLE firms
  ADD COLUMN search text NOT NULL DEFAULT '',  -- what a firm is found by: names folded, their pinyin and its initials, codes, offers, needs
  ADD CONSTRAINT firms_target_countries CHECK (cardinality(target_countries) <= 30),
  ADD CONSTRAINT firms_languages CHECK (cardinality(languages) <= 20);

CREATE TABLE firm_districts (                  -- where a firm belongs, from a day on; the last row is what firms.district_code says
  firm_id       uuid NOT NULL REFERENCES firms ON DELETE CASCADE,
  since         date NOT NULL,                 -- the first row's: when the firm was entered
  district_code text NOT NULL CONSTRAINT firm_districts_district REFERENCES districts,
  PRIMARY KEY (firm_id, since)
);
INSERT INTO firm_districts (firm_id, since, district_code) SELECT id, (created_at AT TIME ZONE 'Asia/Shanghai')::date, district_code FROM firms;

CREATE TABLE firm_contacts (
  id         uuid PRIMARY KEY,
  firm_id    uuid NOT NULL REFERENCES firms ON DELETE CASCADE,
  name_zh    text NOT NULL DEFAULT '',
  name_en    text NOT NULL DEFAULT '',         -- in Latin letters
  post_zh    text NOT NULL DEFAULT '',
  post_en    text NOT NULL DEFAULT '',
  email      text NOT NULL DEFAULT '',
  phone      text NOT NULL DEFAULT '',         -- E.164
  main       boolean NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  version    int NOT NULL DEFAULT 1,
  CONSTRAINT firm_contacts_named CHECK (name_zh <> '' OR name_en <> ''),
  CONSTRAINT firm_contacts_reached CHECK (email <> '' OR phone <> '')
);
CREATE INDEX firm_contacts_of ON firm_contacts (firm_id, created_at);
CREATE UNIQUE INDEX firm_contacts_main ON firm_contacts (firm_id) WHERE main;
CREATE UNIQUE INDEX firm_contacts_email ON firm_contacts (firm_id, lower(email)) WHERE email <> '';

CREATE TABLE firm_grant_steps (                -- what was done with a grant, in order; nothing is taken back from it
  id        uuid PRIMARY KEY,
  grant_id  uuid NOT NULL REFERENCES firm_grants ON DELETE CASCADE,
  at        timestamptz NOT NULL,
  step      text NOT NULL CONSTRAINT firm_grant_steps_step CHECK (step IN ('given', 'reviewed', 'revoked')),
  effective date NOT NULL,                     -- given: from; reviewed: the day of it; revoked: the first day without it
  review_on date,                              -- the review that was set; none once it is revoked
  reason    text NOT NULL CONSTRAINT firm_grant_steps_reason CHECK (char_length(reason) BETWEEN 1 AND 500),
  by_zh     text NOT NULL,
  by_en     text NOT NULL,
  CONSTRAINT firm_grant_steps_review CHECK ((review_on IS NULL) = (step = 'revoked'))
);
CREATE INDEX firm_grant_steps_of ON firm_grant_steps (grant_id, at);
CREATE INDEX firm_grants_review ON firm_grants (review_on) WHERE revoked_on IS NULL;

INSERT INTO retention_rules (class, days, default_days) VALUES ('contacts', 1825, 1825);
