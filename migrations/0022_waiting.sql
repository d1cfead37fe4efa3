-- What waits: lists that are taken over some lines at a time, places that became free
-- while whoever waits for them was being changed, decisions that cannot be carried out.
-- +goose Up
ALTER TABLE import_rows
  ADD COLUMN done boolean NOT NULL DEFAULT false; -- taken over, or left out then; the others of a list follow
UPDATE import_rows r SET done = true FROM imports i WHERE i.id = r.import_id AND i.state = 'done' AND r.verdict IN ('new', 'changed');
CREATE INDEX import_rows_to_do ON import_rows (import_id, line) WHERE NOT done AND verdict IN ('new', 'changed');

CREATE TABLE free_places (                     -- to be given away anew: whoever was next was being changed
  event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  of_id    uuid NOT NULL,                      -- a category or a delegation
  reason   text NOT NULL,                      -- why there is a place, as the history says it
  PRIMARY KEY (event_id, of_id)
);

ALTER TABLE decision_items
  ADD COLUMN tries int NOT NULL DEFAULT 0;     -- that failed without telling why
