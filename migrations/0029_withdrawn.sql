-- Who asked that another come instead may take that back.
-- +goose Up
ALTER TABLE substitutions DROP CONSTRAINT substitutions_state;
ALTER TABLE substitutions ADD CONSTRAINT substitutions_state CHECK (state IN ('asked', 'done', 'refused', 'withdrawn'));
