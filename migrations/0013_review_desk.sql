-- The review desk: search, duplicates, decisions that can be undone, waiting lists.
-- +goose Up
CREATE EXTENSION IF NOT EXISTS pg_trgm;        -- similarity() of names

CREATE TABLE registration_groups (             -- people who come all or not at all
  event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id         uuid PRIMARY KEY,
  size       int NOT NULL CONSTRAINT registration_groups_size CHECK (size BETWEEN 2 AND 50),
  passed     int NOT NULL DEFAULT 0,           -- places that others took while it waited for more
  created_at timestamptz NOT NULL
);

ALTER TABLE registrations
  ADD COLUMN queue_no    int NOT NULL DEFAULT 0, -- its place in the event's order; taken with its reference
  ADD COLUMN group_id    uuid CONSTRAINT registrations_group REFERENCES registration_groups,
  ADD COLUMN merged_into uuid CONSTRAINT registrations_merged_into REFERENCES registrations
    CONSTRAINT registrations_merged_cancelled CHECK (merged_into IS NULL OR status = 'cancelled' AND merged_into <> id);
UPDATE registrations r SET queue_no = n.no
  FROM (SELECT id, row_number() OVER (PARTITION BY event_id ORDER BY id) AS no FROM registrations) n WHERE n.id = r.id;

-- What the desk's list is read by: in the order of arrival, whole or of one
-- status, category or delegation.
DROP INDEX registrations_queue;
CREATE INDEX registrations_arrival ON registrations (event_id, queue_no);
CREATE INDEX registrations_queue ON registrations (event_id, status, queue_no);
CREATE INDEX registrations_undecided ON registrations (event_id, queue_no) WHERE status IN ('submitted', 'under_review', 'on_hold');
CREATE INDEX registrations_category_queue ON registrations (event_id, category_id, queue_no);
CREATE INDEX registrations_source_queue ON registrations (event_id, source, queue_no);
CREATE INDEX registrations_submitted ON registrations (event_id, submitted_at);
CREATE INDEX registrations_waiting ON registrations (event_id, queue_no) WHERE status = 'waitlisted';
CREATE INDEX registrations_groups ON registrations (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX registrations_places ON registrations (category_id)
  WHERE status IN ('submitted', 'under_review', 'on_hold', 'returned', 'approved', 'badge_issued', 'checked_in', 'departed');
CREATE INDEX registrations_merged ON registrations (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX registrations_reference_prefix ON registrations (reference text_pattern_ops);
CREATE INDEX registrations_person_of ON registrations (person_id);

-- search_terms splits what people are looked for by into terms. Latin words are
-- found by how they begin. In Chinese a search may begin at any character, so
-- there each rest of a word is a term.
-- +goose StatementBegin
CREATE FUNCTION search_terms(search text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(word, start)), '{}')
  FROM unnest(string_to_array(search, ' ')) AS word,
    generate_series(1, CASE WHEN word ~ '^[⺀-鿿豈-﫿𠀀-𱍏]' THEN char_length(word) ELSE 1 END) AS start
  WHERE word <> ''
$$;
-- +goose StatementEnd
ALTER TABLE persons
  ADD COLUMN terms     tsvector GENERATED ALWAYS AS (array_to_tsvector(search_terms(search))) STORED,
  ADD COLUMN sound_key text NOT NULL DEFAULT ''; -- the consonants of the name, as different transliterations of it agree
CREATE INDEX persons_terms ON persons USING gin (terms) WITH (fastupdate = off);
CREATE INDEX persons_sound_key ON persons (sound_key) WHERE sound_key <> '';
CREATE INDEX persons_email ON persons (lower(email) text_pattern_ops) WHERE email <> ''; -- for the search, for duplicates, and for who asks for their links again
CREATE INDEX persons_nationality ON persons (nationality);

CREATE TABLE duplicate_pairs (                 -- two registrations of an event that may be one person's
  event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  first_id   uuid NOT NULL CONSTRAINT duplicate_pairs_first REFERENCES registrations ON DELETE CASCADE, -- the one that came first
  second_id  uuid NOT NULL CONSTRAINT duplicate_pairs_second REFERENCES registrations ON DELETE CASCADE,
  score      int NOT NULL,
  signs      text[] NOT NULL,                  -- what is the same: document, birth, email, name
  found_at   timestamptz NOT NULL,
  settled    text NOT NULL DEFAULT '' CONSTRAINT duplicate_pairs_settled CHECK (settled IN ('', 'distinct', 'merged')),
  settled_at timestamptz,
  PRIMARY KEY (first_id, second_id)
);
CREATE INDEX duplicate_pairs_second ON duplicate_pairs (second_id);
CREATE INDEX duplicate_pairs_open ON duplicate_pairs (event_id) WHERE settled = '';

CREATE TABLE decisions (                       -- of the desk; nothing changes before due_at, and until then it can be undone
  event_id     uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id           uuid PRIMARY KEY,
  decision     text NOT NULL CONSTRAINT decisions_decision CHECK (decision IN ('approve', 'reject', 'return')),
  reason       text NOT NULL DEFAULT '',
  by_id        uuid NOT NULL,
  by_kind      text NOT NULL,
  by_zh        text NOT NULL,
  by_en        text NOT NULL,
  requested_at timestamptz NOT NULL,
  due_at       timestamptz NOT NULL,
  undone_at    timestamptz,
  applied_at   timestamptz,
  CONSTRAINT decisions_one_end CHECK (num_nonnulls(undone_at, applied_at) <= 1)
);
CREATE INDEX decisions_due ON decisions (due_at) WHERE undone_at IS NULL AND applied_at IS NULL;
CREATE INDEX decisions_event ON decisions (event_id, requested_at DESC);

CREATE TABLE decision_items (
  decision_id     uuid NOT NULL REFERENCES decisions ON DELETE CASCADE,
  registration_id uuid NOT NULL CONSTRAINT decision_items_registration REFERENCES registrations ON DELETE CASCADE,
  version         integer NOT NULL,            -- of the registration, as whoever decided saw it
  outcome         text NOT NULL DEFAULT '' CONSTRAINT decision_items_outcome CHECK (outcome IN ('', 'applied', 'refused', 'undone')),
  fault_key       text NOT NULL DEFAULT '',
  fault_args      text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (decision_id, registration_id)
);
CREATE UNIQUE INDEX decision_items_pending ON decision_items (registration_id) WHERE outcome = '';

CREATE TABLE saved_views (                     -- a filter of the desk's list, by name
  event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id       uuid PRIMARY KEY,
  user_id  uuid NOT NULL,
  name     text NOT NULL CONSTRAINT saved_views_name_length CHECK (char_length(name) BETWEEN 1 AND 60),
  query    text NOT NULL CONSTRAINT saved_views_query_length CHECK (char_length(query) <= 1000),
  shared   boolean NOT NULL DEFAULT false,     -- everybody at the event's desk sees it
  standard boolean NOT NULL DEFAULT false,     -- the user's desk opens with it
  CONSTRAINT saved_views_once UNIQUE (event_id, user_id, name)
);
CREATE UNIQUE INDEX saved_views_standard ON saved_views (event_id, user_id) WHERE standard;
