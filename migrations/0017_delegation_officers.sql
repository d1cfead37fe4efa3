-- Officers of delegations, deadlines, places of each class, precedence, journeys.
-- +goose Up
ALTER TABLE magic_links
  ADD COLUMN role        text NOT NULL DEFAULT '' CONSTRAINT magic_links_role CHECK (role IN ('', 'accreditation', 'liaison', 'media', 'host_liaison')), -- of a delegation's officer
  ADD COLUMN email       text NOT NULL DEFAULT '' CONSTRAINT magic_links_email_length CHECK (char_length(email) <= 254), -- of the holder; empty: nobody to remind
  ADD COLUMN lang        text NOT NULL DEFAULT 'en' CONSTRAINT magic_links_lang CHECK (lang IN ('zh', 'en')),
  ADD COLUMN same_as     uuid CONSTRAINT magic_links_same_as REFERENCES magic_links ON DELETE CASCADE, -- the link that this one is another address of: it lives as long
  ADD COLUMN reminded_at timestamptz;
UPDATE magic_links SET role = 'accreditation' WHERE purpose = 'delegation';
ALTER TABLE magic_links ADD CONSTRAINT magic_links_officer CHECK ((purpose = 'delegation') = (role <> ''));
CREATE INDEX magic_links_copies ON magic_links (same_as) WHERE same_as IS NOT NULL;

CREATE TABLE delegation_quotas (               -- places of a class within those of the delegation; no row: as many as the delegation has
  delegation_id uuid NOT NULL CONSTRAINT delegation_quotas_delegation REFERENCES delegations ON DELETE CASCADE,
  class         text NOT NULL CONSTRAINT delegation_quotas_class CHECK (class IN
    ('head', 'deputy_head', 'member', 'business', 'interpreter', 'entourage', 'press', 'companion')),
  quota         int NOT NULL CONSTRAINT delegation_quotas_quota CHECK (quota BETWEEN 0 AND 500),
  PRIMARY KEY (delegation_id, class)
);

CREATE TABLE deadlines (                       -- until when delegations do what in an event
  event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  step     text NOT NULL CONSTRAINT deadlines_step CHECK (step IN ('nominate', 'complete', 'confirm')),
  due_at   timestamptz NOT NULL,
  PRIMARY KEY (event_id, step)
);

ALTER TABLE registrations
  ADD COLUMN delegation_order   int,           -- order of precedence within the delegation; null: after those that have one
  ADD COLUMN guardian           text NOT NULL DEFAULT '' CONSTRAINT registrations_guardian_length CHECK (char_length(guardian) <= 120), -- who agreed for a child
  ADD COLUMN guardian_agreed_at timestamptz;

CREATE TABLE travel_legs (                     -- how delegations come and go
  event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id            uuid PRIMARY KEY,
  delegation_id uuid NOT NULL CONSTRAINT travel_legs_delegation REFERENCES delegations ON DELETE CASCADE,
  direction     text NOT NULL CONSTRAINT travel_legs_direction CHECK (direction IN ('arrival', 'departure')),
  kind          text NOT NULL CONSTRAINT travel_legs_kind CHECK (kind IN ('flight', 'train', 'car')),
  number        text NOT NULL DEFAULT '' CONSTRAINT travel_legs_number_length CHECK (char_length(number) <= 20), -- LH 728, G7501, or of the plate
  from_place    text NOT NULL CONSTRAINT travel_legs_from_length CHECK (char_length(from_place) BETWEEN 1 AND 120),
  to_place      text NOT NULL CONSTRAINT travel_legs_to_length CHECK (char_length(to_place) BETWEEN 1 AND 120),
  planned_at    timestamptz NOT NULL,          -- of an arrival when it arrives, of a departure when it leaves
  actual_at     timestamptz,                   -- as it is expected now, or was; null: as planned
  seats         int CONSTRAINT travel_legs_seats CHECK (seats BETWEEN 1 AND 500), -- null: as many as travel
  note          text NOT NULL DEFAULT '' CONSTRAINT travel_legs_note_length CHECK (char_length(note) <= 500),
  pick_up       text NOT NULL DEFAULT '' CONSTRAINT travel_legs_pick_up_length CHECK (char_length(pick_up) <= 500), -- who meets them, where, with which car
  created_at    timestamptz NOT NULL,
  version       int NOT NULL DEFAULT 1
);
CREATE INDEX travel_legs_of ON travel_legs (delegation_id, planned_at);

CREATE TABLE travel_leg_people (               -- who travels on a leg; nobody named: the whole delegation
  leg_id          uuid NOT NULL CONSTRAINT travel_leg_people_leg REFERENCES travel_legs ON DELETE CASCADE,
  registration_id uuid NOT NULL CONSTRAINT travel_leg_people_registration REFERENCES registrations ON DELETE CASCADE,
  PRIMARY KEY (leg_id, registration_id)
);
CREATE INDEX travel_leg_people_of ON travel_leg_people (registration_id);
