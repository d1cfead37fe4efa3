-- Lists, and what mails went through.
-- +goose Up
ALTER TABLE mail_attempts ADD COLUMN round int NOT NULL DEFAULT 1 CONSTRAINT mail_attempts_round CHECK (round > 0); -- of sending, that it is about
ALTER TABLE import_rows ADD COLUMN turn int NOT NULL DEFAULT 0; -- in which rows are taken over, before their order in the file: whoever comes with others after them
