-- Mails: what became of each, the office's own texts, and announcements.
-- +goose Up
ALTER TABLE mails DROP CONSTRAINT mails_status;
ALTER TABLE mails
  ADD COLUMN recipient_name text NOT NULL DEFAULT '',
  ADD COLUMN on_behalf boolean NOT NULL DEFAULT false, -- it goes to whoever speaks for the person, who has no address
  ADD COLUMN round int NOT NULL DEFAULT 1,     -- how often somebody asked for it to be sent; each has a Message-ID of its own
  ADD COLUMN copy_of uuid CONSTRAINT mails_copy_of REFERENCES mails ON DELETE SET NULL,
  ADD CONSTRAINT mails_status CHECK (status IN ('queued', 'kept', 'sent', 'failed', 'bounced', 'unaddressed'));
CREATE INDEX mails_status_of ON mails (event_id, status);
CREATE INDEX mails_copies ON mails (copy_of) WHERE copy_of IS NOT NULL;

CREATE TABLE mail_attempts (
  id        uuid PRIMARY KEY,
  mail_id   uuid NOT NULL CONSTRAINT mail_attempts_mail REFERENCES mails ON DELETE CASCADE,
  at        timestamptz NOT NULL,
  outcome   text NOT NULL CONSTRAINT mail_attempts_outcome CHECK (outcome IN
    ('sent', 'deferred', 'given_up', 'refused', 'bounced', 'delayed', 'delivered', 'again')),
  smtp_code int NOT NULL DEFAULT 0 CONSTRAINT mail_attempts_code CHECK (smtp_code = 0 OR smtp_code BETWEEN 200 AND 599), -- 0: no server answered
  words     text NOT NULL DEFAULT ''            -- the server's, or ours; may name the recipient, so they are purged with the mail
);
CREATE INDEX mail_attempts_of ON mail_attempts (mail_id, at, id);

ALTER TABLE categories ADD CONSTRAINT categories_of_event UNIQUE (event_id, id);
CREATE TABLE mail_templates (                  -- every version of a text that the office wrote; the latest holds
  id            uuid PRIMARY KEY,
  event_id      uuid NOT NULL CONSTRAINT mail_templates_event REFERENCES events ON DELETE CASCADE,
  category_id   uuid,                          -- null: every category without a text of its own
  kind          text NOT NULL,
  lang          text NOT NULL CONSTRAINT mail_templates_lang CHECK (lang IN ('zh', 'en')),
  version       int NOT NULL CONSTRAINT mail_templates_version CHECK (version > 0),
  restored      boolean NOT NULL DEFAULT false, -- from this version on the text one level up holds again
  subject       text NOT NULL,
  body          text NOT NULL,
  updated_at    timestamptz NOT NULL,
  updated_by_zh text NOT NULL,
  updated_by_en text NOT NULL,
  CONSTRAINT mail_templates_category FOREIGN KEY (event_id, category_id) REFERENCES categories (event_id, id) ON DELETE CASCADE,
  CONSTRAINT mail_templates_text CHECK (restored = (subject = '' AND body = ''))
);
CREATE UNIQUE INDEX mail_templates_once ON mail_templates (event_id, coalesce(category_id, '00000000-0000-0000-0000-000000000000'), kind, lang, version);

CREATE TABLE mail_pace (                       -- when the next mail of an announcement may leave, by the database's clock
  singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT mail_pace_singleton CHECK (singleton),
  next_at   timestamptz NOT NULL
);
INSERT INTO mail_pace (next_at) VALUES ('-infinity');

CREATE TABLE announcements (
  id            uuid PRIMARY KEY,
  event_id      uuid NOT NULL CONSTRAINT announcements_event REFERENCES events ON DELETE CASCADE,
  category_id   uuid,                          -- null: every category
  delegation_id uuid CONSTRAINT announcements_delegation REFERENCES delegations ON DELETE SET NULL, -- null: every delegation, and who comes in none
  standing      text NOT NULL CONSTRAINT announcements_standing CHECK (standing IN ('all', 'coming', 'deciding', 'waitlisted')),
  subject_zh    text NOT NULL,
  body_zh       text NOT NULL,
  subject_en    text NOT NULL,
  body_en       text NOT NULL,
  recipients    int NOT NULL CONSTRAINT announcements_recipients CHECK (recipients > 0),
  sent_at       timestamptz NOT NULL,
  sent_by_zh    text NOT NULL,
  sent_by_en    text NOT NULL,
  CONSTRAINT announcements_category FOREIGN KEY (event_id, category_id) REFERENCES categories (event_id, id)
);
CREATE INDEX announcements_of ON announcements (event_id, sent_at DESC, id);
