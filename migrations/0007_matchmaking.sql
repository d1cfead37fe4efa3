-- Matchmaking: wishes, rules, plans, meetings.
-- +goose Up
CREATE TABLE time_slots (
  event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id         uuid PRIMARY KEY,
  session_id uuid NOT NULL CONSTRAINT time_slots_session REFERENCES sessions ON DELETE CASCADE,
  code       text NOT NULL,                    -- MM-AM:1
  part       text NOT NULL,                    -- MM-AM: idle time between two parts is not a break
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  CONSTRAINT time_slots_once UNIQUE (event_id, code),
  CONSTRAINT time_slots_length CHECK (ends_at > starts_at),
  CONSTRAINT time_slots_apart EXCLUDE USING gist (event_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
);

CREATE TABLE matchmaking_rules (
  event_id                uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,
  min_per_firm            int NOT NULL DEFAULT 1,
  max_per_delegation      int NOT NULL DEFAULT 9,
  max_per_firm            int NOT NULL DEFAULT 4,
  max_in_a_row            int NOT NULL DEFAULT 3,
  interpreter_in_a_row    int NOT NULL DEFAULT 3,
  free_slots              int NOT NULL DEFAULT 1,   -- kept free per delegation for requests on the day
  relay_language          text NOT NULL DEFAULT 'en',
  CONSTRAINT matchmaking_rules_sane CHECK (min_per_firm >= 0 AND max_per_delegation > 0 AND max_per_firm > 0
    AND min_per_firm <= max_per_firm AND max_in_a_row > 0 AND interpreter_in_a_row > 0 AND free_slots >= 0)
);

CREATE TABLE meeting_requests (
  event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id            uuid PRIMARY KEY,
  delegation_id uuid NOT NULL CONSTRAINT meeting_requests_delegation REFERENCES delegations ON DELETE CASCADE,
  firm_id       uuid NOT NULL CONSTRAINT meeting_requests_firm REFERENCES firms ON DELETE CASCADE,
  side          text NOT NULL CONSTRAINT meeting_requests_side CHECK (side IN ('delegation', 'firm', 'organiser')),
  kind          text NOT NULL CONSTRAINT meeting_requests_kind CHECK (kind IN ('wish', 'must', 'never')),
  priority      int NOT NULL DEFAULT 3 CONSTRAINT meeting_requests_priority CHECK (priority BETWEEN 1 AND 3),
  topic         text NOT NULL DEFAULT '' CONSTRAINT meeting_requests_topic_length CHECK (char_length(topic) <= 300),
  reason        text NOT NULL DEFAULT '',      -- of a must or never; a never's is never shown outside
  state         text NOT NULL CONSTRAINT meeting_requests_state CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn', 'superseded')),
  created_at    timestamptz NOT NULL,
  -- Once per pair and side: two clerks of one firm cannot ask twice.
  CONSTRAINT meeting_requests_once UNIQUE (event_id, delegation_id, firm_id, side, kind),
  CONSTRAINT meeting_requests_rule_by_organiser CHECK (kind = 'wish' OR side = 'organiser')
);

CREATE TABLE delegation_needs (                -- what a delegation's table must offer
  delegation_id uuid NOT NULL REFERENCES delegations ON DELETE CASCADE,
  need          text NOT NULL CONSTRAINT delegation_needs_need CHECK (need IN ('vip', 'step_free')),
  PRIMARY KEY (delegation_id, need)
);

CREATE TABLE unavailable_slots (
  id            uuid PRIMARY KEY,
  event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  slot_id       uuid NOT NULL REFERENCES time_slots ON DELETE CASCADE,
  delegation_id uuid REFERENCES delegations ON DELETE CASCADE,
  firm_id       uuid REFERENCES firms ON DELETE CASCADE,
  interpreter_id uuid,
  table_id      uuid REFERENCES meeting_tables ON DELETE CASCADE,
  reason        text NOT NULL DEFAULT '',
  -- Noted once; noting it again changes the reason.
  CONSTRAINT unavailable_slots_once UNIQUE NULLS NOT DISTINCT (slot_id, delegation_id, firm_id, interpreter_id, table_id),
  CONSTRAINT unavailable_slots_one_subject CHECK (num_nonnulls(delegation_id, firm_id, interpreter_id, table_id) = 1)
);

CREATE TABLE interpreters (
  event_id        uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id              uuid PRIMARY KEY,
  code            text NOT NULL,
  name_zh         text NOT NULL,
  name_en         text NOT NULL,
  languages       text[] NOT NULL,
  staff_id        uuid CONSTRAINT interpreters_staff REFERENCES staff,
  registration_id uuid CONSTRAINT interpreters_registration REFERENCES registrations,
  delegation_id   uuid CONSTRAINT interpreters_delegation REFERENCES delegations, -- only for this delegation
  CONSTRAINT interpreters_once UNIQUE (event_id, code)
);
ALTER TABLE unavailable_slots ADD CONSTRAINT unavailable_slots_interpreter FOREIGN KEY (interpreter_id) REFERENCES interpreters ON DELETE CASCADE;

CREATE TABLE plans (                           -- one run of the solver; its problem is frozen with it
  event_id     uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id           uuid PRIMARY KEY,
  number       int NOT NULL,
  status       text NOT NULL CONSTRAINT plans_status CHECK (status IN ('draft', 'published', 'superseded')),
  problem      jsonb NOT NULL,                 -- qianshou-problem/1
  solution     jsonb NOT NULL,                 -- qianshou-plan/1
  input_digest bytea NOT NULL,                 -- of the wishes and rules it rests on: a stale draft is not published
  placed       int NOT NULL,
  requested    int NOT NULL,
  value        bigint NOT NULL,
  bound        bigint NOT NULL,
  breaks       int NOT NULL,
  moved        int NOT NULL DEFAULT 0,         -- published meetings that it moves or leaves out
  repair       boolean NOT NULL DEFAULT false, -- it started from the published plan
  proven       boolean NOT NULL DEFAULT false, -- no plan of this problem is better
  milliseconds int NOT NULL DEFAULT 0,         -- the run took
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  published_at timestamptz,
  CONSTRAINT plans_once UNIQUE (event_id, number)
);
CREATE UNIQUE INDEX plans_one_published ON plans (event_id) WHERE status = 'published';

CREATE TABLE meetings (                        -- what was published; ids survive a new time
  event_id       uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id             uuid PRIMARY KEY,
  delegation_id  uuid NOT NULL CONSTRAINT meetings_delegation REFERENCES delegations,
  firm_id        uuid NOT NULL CONSTRAINT meetings_firm REFERENCES firms,
  slot_id        uuid NOT NULL CONSTRAINT meetings_slot REFERENCES time_slots,
  table_id       uuid NOT NULL CONSTRAINT meetings_table REFERENCES meeting_tables,
  interpreter_id uuid CONSTRAINT meetings_interpreter REFERENCES interpreters,
  state          text NOT NULL CONSTRAINT meetings_state CHECK (state IN
    ('proposed', 'scheduled', 'confirmed', 'running', 'done', 'rescheduled', 'cancelled', 'no_show_guest', 'no_show_host', 'cut_short')),
  must           boolean NOT NULL DEFAULT false,
  mutual         boolean NOT NULL DEFAULT false,
  pinned         boolean NOT NULL DEFAULT false,
  plan_id        uuid NOT NULL CONSTRAINT meetings_plan REFERENCES plans,
  result         text NOT NULL DEFAULT '' CONSTRAINT meetings_result CHECK (result IN ('', 'none', 'follow_up', 'intention', 'mou', 'contract_in_preparation')),
  version        int NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX meetings_pair_once ON meetings (event_id, delegation_id, firm_id) WHERE state <> 'cancelled';
-- Nobody and nothing is in two meetings at once. Deferred, so that a new plan may swap places in one transaction.
ALTER TABLE meetings
  ADD CONSTRAINT meetings_delegation_free EXCLUDE USING btree (slot_id WITH =, delegation_id WITH =) WHERE (state <> 'cancelled') DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT meetings_firm_free EXCLUDE USING btree (slot_id WITH =, firm_id WITH =) WHERE (state <> 'cancelled') DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT meetings_table_free EXCLUDE USING btree (slot_id WITH =, table_id WITH =) WHERE (state <> 'cancelled') DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT meetings_interpreter_free EXCLUDE USING btree (slot_id WITH =, interpreter_id WITH =) WHERE (state <> 'cancelled' AND interpreter_id IS NOT NULL) DEFERRABLE INITIALLY DEFERRED;
