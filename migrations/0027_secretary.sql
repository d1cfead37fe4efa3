-- One officer may do the work of two.
-- +goose Up
ALTER TABLE magic_links
  DROP CONSTRAINT magic_links_role,
  ADD CONSTRAINT magic_links_role CHECK (role IN ('', 'accreditation', 'secretary', 'liaison', 'media', 'host_liaison')); -- of a delegation's officer
