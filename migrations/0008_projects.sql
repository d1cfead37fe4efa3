-- Signed projects: one master record, many appearances, append-only stages.
-- +goose Up
CREATE TABLE fx_rates (
  rate_date     date NOT NULL,
  currency      text NOT NULL CONSTRAINT fx_rates_currency CHECK (currency ~ '^[A-Z]{3}$'),
  units         int NOT NULL CONSTRAINT fx_rates_units CHECK (units > 0),
  cny_per_units numeric(18,6) NOT NULL CONSTRAINT fx_rates_cny CHECK (cny_per_units > 0), -- dollars follow from the dollar's own row
  source        text NOT NULL,
  PRIMARY KEY (currency, rate_date)
);

CREATE TABLE projects (
  id                 uuid PRIMARY KEY,
  code               text NOT NULL CONSTRAINT projects_code UNIQUE,   -- P001
  event_id           uuid NOT NULL CONSTRAINT projects_event REFERENCES events, -- where it was signed: the primary appearance
  merged_into        uuid CONSTRAINT projects_merged_into REFERENCES projects,  -- a duplicate: counts nowhere, stays in the ledger
  name_zh            text NOT NULL CONSTRAINT projects_name_zh_length CHECK (char_length(name_zh) BETWEEN 1 AND 200),
  name_en            text NOT NULL CONSTRAINT projects_name_en_length CHECK (char_length(name_en) BETWEEN 1 AND 200),
  kind               text NOT NULL CONSTRAINT projects_kind CHECK (kind IN
    ('investment', 'trade_order', 'trade_service', 'tech_licence', 'rd', 'education', 'talent', 'contracting', 'friendship')),
  direction          text NOT NULL CONSTRAINT projects_direction CHECK (direction IN ('inbound', 'outbound', 'two_way')),
  document_type      text NOT NULL CONSTRAINT projects_document_type CHECK (document_type IN ('intention', 'framework', 'contract')),
  sector_code        text NOT NULL CONSTRAINT projects_sector REFERENCES sectors,
  district_code      text NOT NULL CONSTRAINT projects_district REFERENCES districts,
  firm_id            uuid NOT NULL CONSTRAINT projects_firm REFERENCES firms,
  partner_name       text NOT NULL DEFAULT '',
  partner_city       text CONSTRAINT projects_partner_city REFERENCES cities,
  partner_country    text NOT NULL CONSTRAINT projects_partner_country REFERENCES countries,
  signed_on          date NOT NULL,
  currency           text CONSTRAINT projects_currency CHECK (currency ~ '^[A-Z]{3}$'),
  total_investment   numeric(18,2) CONSTRAINT projects_total CHECK (total_investment >= 0),
  contracted_foreign numeric(18,2) CONSTRAINT projects_contracted CHECK (contracted_foreign >= 0),
  share_percent      numeric(5,2) CONSTRAINT projects_share CHECK (share_percent > 0 AND share_percent <= 100), -- of equity or votes; outbound direct investment begins at 10
  undisclosed_reason text NOT NULL DEFAULT '',
  rate_date          date,                     -- the rate of the signing day, frozen with the project
  rate_units         int,
  rate_cny           numeric(18,6),            -- yuan for rate_units of the currency
  rate_cny_per_usd   numeric(20,10),           -- yuan for one US dollar on the same day
  rate_source        text NOT NULL DEFAULT '',
  stage              text NOT NULL CONSTRAINT projects_stage CHECK (stage IN
    ('intention', 'framework', 'contract', 'landed', 'funds_arrived', 'construction', 'operating', 'started', 'milestone', 'completed', 'terminated')),
  -- What the stage events say, kept beside the project so that lists and figures need not read them again.
  verified_stage     text NOT NULL DEFAULT '', -- by verified events alone; empty when none is
  paid_in            numeric(18,2),            -- cumulative, in the project's currency, reported
  verified_paid_in   numeric(18,2),
  termination_reason text NOT NULL DEFAULT '',
  visibility         text NOT NULL DEFAULT 'public' CONSTRAINT projects_visibility CHECK (visibility IN ('public', 'internal')),
  note               text NOT NULL DEFAULT '',
  search             text NOT NULL DEFAULT '', -- everything it may be looked for by, folded
  created_at         timestamptz NOT NULL,
  version            int NOT NULL DEFAULT 1,
  CONSTRAINT projects_amount_or_reason CHECK (total_investment IS NOT NULL OR undisclosed_reason <> ''),
  CONSTRAINT projects_amount_has_currency CHECK (total_investment IS NULL OR currency IS NOT NULL),
  CONSTRAINT projects_amount_has_rate CHECK (total_investment IS NULL OR rate_cny IS NOT NULL AND rate_cny_per_usd IS NOT NULL),
  CONSTRAINT projects_rate_fresh CHECK (rate_date IS NULL OR (rate_date <= signed_on AND rate_date >= signed_on - 7)),
  CONSTRAINT projects_contracted_within CHECK (contracted_foreign <= total_investment),
  CONSTRAINT projects_partner CHECK (partner_name <> '' OR partner_city IS NOT NULL),
  CONSTRAINT projects_merged_elsewhere CHECK (merged_into <> id)
);
CREATE INDEX projects_by_event ON projects (event_id, signed_on, id);
CREATE INDEX projects_by_master ON projects (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX projects_by_firm ON projects (firm_id);

CREATE TABLE project_appearances (
  project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
  event_id   uuid NOT NULL CONSTRAINT project_appearances_event REFERENCES events,
  role       text NOT NULL CONSTRAINT project_appearances_role CHECK (role IN ('signed', 'announced', 'upgraded', 'followed_up')),
  PRIMARY KEY (project_id, event_id, role)
);

CREATE TABLE stage_events (                    -- reported by one, verified by another; never rewritten
  id            uuid PRIMARY KEY,
  project_id    uuid NOT NULL CONSTRAINT stage_events_project REFERENCES projects ON DELETE CASCADE,
  stage         text NOT NULL CONSTRAINT stage_events_stage CHECK (stage IN
    ('intention', 'framework', 'contract', 'landed', 'funds_arrived', 'construction', 'operating', 'started', 'milestone', 'completed', 'terminated')),
  occurred_on   date NOT NULL,
  evidence_kind text NOT NULL,
  evidence_ref  text NOT NULL DEFAULT '',
  paid_in       numeric(18,2) CONSTRAINT stage_events_paid_in CHECK (paid_in >= 0), -- cumulative
  currency      text CONSTRAINT stage_events_currency CHECK (currency ~ '^[A-Z]{3}$'),
  correction    bool NOT NULL DEFAULT false,   -- goes back, or puts an amount right
  reason        text NOT NULL DEFAULT '',      -- why it was terminated, as a code
  note          text NOT NULL DEFAULT '',
  reporter_id   uuid,                          -- null: the program itself
  reporter_zh   text NOT NULL,
  reporter_en   text NOT NULL,
  reported_at   timestamptz NOT NULL,
  position      bigint GENERATED ALWAYS AS IDENTITY, -- the order in which they were reported
  CONSTRAINT stage_events_money_has_currency CHECK (paid_in IS NULL OR currency IS NOT NULL)
);
CREATE INDEX stage_events_of ON stage_events (project_id, position);
CREATE TRIGGER stage_events_append_only BEFORE UPDATE ON stage_events FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE stage_checks (                    -- the second person's word on a stage event; the latest one holds
  id             uuid PRIMARY KEY,
  stage_event_id uuid NOT NULL REFERENCES stage_events ON DELETE CASCADE,
  verdict        text NOT NULL CONSTRAINT stage_checks_verdict CHECK (verdict IN ('verified', 'disputed')),
  checker_id     uuid,
  checker_zh     text NOT NULL,
  checker_en     text NOT NULL,
  checked_at     timestamptz NOT NULL,
  note           text NOT NULL DEFAULT '',
  position       bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX stage_checks_of ON stage_checks (stage_event_id, position);
CREATE TRIGGER stage_checks_append_only BEFORE UPDATE ON stage_checks FOR EACH ROW EXECUTE FUNCTION refuse_change();
