-- Letters that nobody asked for who proved who they are, and how many may go to one
-- address.
-- +goose Up
ALTER TABLE mails DROP CONSTRAINT mails_status;
ALTER TABLE mails
  ADD COLUMN unasked boolean NOT NULL DEFAULT false, -- a guest caused it, who may have written anybody's address
  ADD CONSTRAINT mails_status CHECK (status IN ('queued', 'kept', 'sent', 'failed', 'bounced', 'unaddressed', 'held'));
CREATE INDEX mails_unasked ON mails (lower(recipient), created_at) WHERE unasked;

-- Links that were asked for again end the older ones when they are first opened, and
-- those that went to an officer in a member's place end with the officer's.
ALTER TABLE magic_links
  ADD COLUMN renews boolean NOT NULL DEFAULT false,
  ADD COLUMN through uuid CONSTRAINT magic_links_through REFERENCES magic_links ON DELETE SET NULL;
CREATE INDEX magic_links_through_of ON magic_links (through) WHERE through IS NOT NULL;
