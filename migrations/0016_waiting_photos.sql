-- A portrait that takes the place of an approved one waits for the desk.
-- +goose Up
ALTER TABLE files ADD COLUMN waits boolean NOT NULL DEFAULT false; -- a portrait that the desk has not taken yet, beside the one in use
DROP INDEX files_one_of_a_kind;
CREATE UNIQUE INDEX files_one_of_a_kind ON files (registration_id, purpose, waits) WHERE deleted_at IS NULL AND purpose IN ('photo', 'passport_scan');
