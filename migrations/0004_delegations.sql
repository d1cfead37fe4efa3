-- Delegations, persons, registrations, mail to them.
-- +goose Up
CREATE TABLE staff (                           -- liaison officers and interpreters of the office
  id        uuid PRIMARY KEY,
  code      text NOT NULL CONSTRAINT staff_code UNIQUE,
  name_zh   text NOT NULL,
  name_en   text NOT NULL,
  role      text NOT NULL,
  languages text[] NOT NULL DEFAULT '{}'       -- beside Chinese
);

CREATE TABLE delegations (
  event_id     uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id           uuid PRIMARY KEY,
  code         text NOT NULL,                  -- D01
  city_code    text CONSTRAINT delegations_city REFERENCES cities,
  name_zh      text NOT NULL CONSTRAINT delegations_name_zh_length CHECK (char_length(name_zh) BETWEEN 1 AND 120),
  name_en      text NOT NULL CONSTRAINT delegations_name_en_length CHECK (char_length(name_en) BETWEEN 1 AND 120),
  name_native  text NOT NULL DEFAULT '',
  quota        int NOT NULL CONSTRAINT delegations_quota CHECK (quota BETWEEN 0 AND 500),
  accepted_on  date,
  arrives_at   timestamptz,
  departs_at   timestamptz,
  hotel_zh     text NOT NULL DEFAULT '',
  hotel_en     text NOT NULL DEFAULT '',
  liaison_id   uuid CONSTRAINT delegations_liaison REFERENCES staff,
  sectors      text[] NOT NULL DEFAULT '{}',
  status       text NOT NULL CONSTRAINT delegations_status CHECK (status IN ('invited', 'accepted', 'confirmed', 'declined', 'withdrawn')),
  precedence   int,
  created_at   timestamptz NOT NULL,
  version      int NOT NULL DEFAULT 1,
  CONSTRAINT delegations_once UNIQUE (event_id, code),
  CONSTRAINT delegations_dates CHECK (departs_at > arrives_at)
);

CREATE TABLE persons (
  id           uuid PRIMARY KEY,
  given_name   text NOT NULL DEFAULT '' CONSTRAINT persons_given_name_length CHECK (char_length(given_name) <= 80),  -- Latin script; empty for one-name persons
  family_name  text NOT NULL CONSTRAINT persons_family_name_length CHECK (char_length(family_name) BETWEEN 1 AND 80),
  name_native  text NOT NULL CONSTRAINT persons_name_native_length CHECK (char_length(name_native) BETWEEN 1 AND 120),
  native_order text NOT NULL CONSTRAINT persons_native_order CHECK (native_order IN ('family_first', 'given_first')),
  name_zh      text NOT NULL DEFAULT '' CONSTRAINT persons_name_zh_length CHECK (char_length(name_zh) <= 40),
  mrz_surname  text NOT NULL DEFAULT '',
  mrz_given    text NOT NULL DEFAULT '',
  sex          text NOT NULL DEFAULT '' CONSTRAINT persons_sex CHECK (sex IN ('', 'M', 'F', 'X')),
  nationality  text CONSTRAINT persons_nationality REFERENCES countries,
  languages    text[] NOT NULL DEFAULT '{}',
  email        text NOT NULL DEFAULT '' CONSTRAINT persons_email_length CHECK (char_length(email) <= 254),
  phone        text NOT NULL DEFAULT '',
  birth_date_sealed bytea,                     -- encrypted, bound to this row
  birth_date_index  bytea,                     -- keyed hash, to find equals without reading them
  name_key     text NOT NULL DEFAULT '',       -- the Latin name, folded, its words in alphabetical order, to find namesakes
  search       text NOT NULL DEFAULT '',       -- every form of the name, folded, for the review desk's search
  created_at   timestamptz NOT NULL,
  version      int NOT NULL DEFAULT 1
);
CREATE INDEX persons_birth_date ON persons (birth_date_index) WHERE birth_date_index IS NOT NULL;
CREATE INDEX persons_name_key ON persons (name_key);

CREATE TABLE travel_documents (
  id            uuid PRIMARY KEY,
  person_id     uuid NOT NULL CONSTRAINT travel_documents_person REFERENCES persons ON DELETE CASCADE,
  kind          text NOT NULL CONSTRAINT travel_documents_kind CHECK (kind IN ('ordinary', 'service', 'diplomatic', 'abtc', 'home_permit', 'id_card')),
  number_sealed bytea NOT NULL,
  number_index  bytea NOT NULL,                -- keyed hash of issuer and number
  number_last4  text NOT NULL,
  issuer        text NOT NULL,
  expires_on    date NOT NULL
);
CREATE INDEX travel_documents_number ON travel_documents (number_index);
CREATE INDEX travel_documents_of ON travel_documents (person_id);

CREATE TABLE registrations (
  event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id            uuid PRIMARY KEY,
  reference     text NOT NULL CONSTRAINT registrations_reference UNIQUE, -- F27-0148
  person_id     uuid NOT NULL CONSTRAINT registrations_person REFERENCES persons,
  category_id   uuid NOT NULL CONSTRAINT registrations_category REFERENCES categories,
  delegation_id uuid CONSTRAINT registrations_delegation REFERENCES delegations,
  firm_id       uuid CONSTRAINT registrations_firm REFERENCES firms,
  companion_of  uuid CONSTRAINT registrations_companion_of REFERENCES registrations,
  role          text NOT NULL CONSTRAINT registrations_role CHECK (role IN
    ('head', 'deputy_head', 'member', 'business', 'interpreter', 'press', 'companion', 'entourage', 'firm', 'consular', 'staff', 'volunteer', 'security', 'service', 'guest')),
  title_en      text NOT NULL DEFAULT '' CONSTRAINT registrations_title_en_length CHECK (char_length(title_en) <= 120),
  title_zh      text NOT NULL DEFAULT '' CONSTRAINT registrations_title_zh_length CHECK (char_length(title_zh) <= 120),
  organisation  text NOT NULL DEFAULT '' CONSTRAINT registrations_organisation_length CHECK (char_length(organisation) <= 200),
  badge_type    text NOT NULL,
  status        text NOT NULL CONSTRAINT registrations_status CHECK (status IN
    ('draft', 'submitted', 'under_review', 'approved', 'badge_issued', 'checked_in', 'departed',
     'returned', 'waitlisted', 'rejected', 'withdrawn', 'cancelled', 'no_show', 'on_hold')),
  status_reason text NOT NULL DEFAULT '',
  lang          text NOT NULL CONSTRAINT registrations_lang CHECK (lang IN ('zh', 'en')),
  meal_plan     text NOT NULL DEFAULT 'none',
  access_needs  text[] NOT NULL DEFAULT '{}',
  visibility    text NOT NULL DEFAULT 'public' CONSTRAINT registrations_visibility CHECK (visibility IN ('public', 'hidden')),
  source        text NOT NULL CONSTRAINT registrations_source CHECK (source IN ('web', 'api', 'import', 'delegation', 'onsite', 'office')),
  submitted_at  timestamptz,
  decided_at    timestamptz,
  created_at    timestamptz NOT NULL,
  version       int NOT NULL DEFAULT 1,
  CONSTRAINT registrations_once UNIQUE (event_id, person_id),
  CONSTRAINT registrations_badge_type FOREIGN KEY (event_id, badge_type) REFERENCES badge_types
);
CREATE INDEX registrations_queue ON registrations (event_id, status, submitted_at, id);
CREATE INDEX registrations_delegation_members ON registrations (delegation_id) WHERE delegation_id IS NOT NULL;
CREATE UNIQUE INDEX registrations_one_head ON registrations (delegation_id)
  WHERE role = 'head' AND status NOT IN ('rejected', 'withdrawn', 'cancelled');

CREATE TABLE registration_numbers (            -- the next number of an event's references
  event_id uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,
  next     int NOT NULL
);

CREATE TABLE registration_steps (              -- every change of status: who, when, from, to, why
  id              uuid PRIMARY KEY,
  registration_id uuid NOT NULL REFERENCES registrations ON DELETE CASCADE,
  at              timestamptz NOT NULL,
  from_status     text NOT NULL,
  to_status       text NOT NULL,
  reason          text NOT NULL DEFAULT '',
  actor_zh        text NOT NULL,
  actor_en        text NOT NULL,
  source          text NOT NULL
);
CREATE INDEX registration_steps_of ON registration_steps (registration_id, at);

CREATE TABLE consents (
  registration_id uuid NOT NULL REFERENCES registrations ON DELETE CASCADE,
  purpose         text NOT NULL CONSTRAINT consents_purpose CHECK (purpose IN ('registration', 'visa', 'cross_border', 'sensitive', 'photo', 'reuse_next_year')),
  text_version    text NOT NULL,
  lang            text NOT NULL,
  given_at        timestamptz NOT NULL,
  withdrawn_at    timestamptz,
  PRIMARY KEY (registration_id, purpose, text_version)
);

CREATE TABLE magic_links (                     -- a link is known by its hash only
  id              uuid PRIMARY KEY,
  secret_hash     bytea NOT NULL CONSTRAINT magic_links_secret UNIQUE,
  purpose         text NOT NULL CONSTRAINT magic_links_purpose CHECK (purpose IN ('registration', 'delegation', 'firm')),
  registration_id uuid REFERENCES registrations ON DELETE CASCADE,
  delegation_id   uuid REFERENCES delegations ON DELETE CASCADE,
  firm_id         uuid REFERENCES firms ON DELETE CASCADE,
  event_id        uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  holder          text NOT NULL DEFAULT '' CONSTRAINT magic_links_holder CHECK (char_length(holder) <= 120), -- whom the desk gave it to
  made_by_zh      text NOT NULL DEFAULT '',
  made_by_en      text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  revoked_at      timestamptz,
  CONSTRAINT magic_links_one_holder CHECK (num_nonnulls(registration_id, delegation_id, firm_id) = 1
    AND CASE purpose WHEN 'registration' THEN registration_id WHEN 'delegation' THEN delegation_id ELSE firm_id END IS NOT NULL)
);
CREATE INDEX magic_links_of_delegation ON magic_links (delegation_id) WHERE delegation_id IS NOT NULL;
CREATE INDEX magic_links_of_firm ON magic_links (event_id, firm_id) WHERE firm_id IS NOT NULL;

CREATE TABLE mails (
  id              uuid PRIMARY KEY,
  event_id        uuid REFERENCES events ON DELETE CASCADE,
  registration_id uuid REFERENCES registrations ON DELETE SET NULL,
  template        text NOT NULL,
  lang            text NOT NULL CONSTRAINT mails_lang CHECK (lang IN ('zh', 'en')),
  recipient       text NOT NULL,
  subject         text NOT NULL,
  content_sealed  bytea,                       -- text, HTML and parts: links in them open guests' pages; null once purged
  status          text NOT NULL CONSTRAINT mails_status CHECK (status IN ('queued', 'kept', 'sent', 'failed', 'bounced')),
  attempts        int NOT NULL DEFAULT 0,
  last_error      text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL,
  sent_at         timestamptz
);
CREATE INDEX mails_event ON mails (event_id, created_at DESC, id);
