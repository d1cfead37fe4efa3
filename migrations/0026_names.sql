-- Names: what a badge cannot print, who agreed to a Chinese rendering, titles in
-- both languages, and how people are addressed.
-- +goose Up
ALTER TABLE registrations
  ADD COLUMN unprintable text NOT NULL DEFAULT '', -- what the fonts of badges lack of its names, titles and organisation: 𠮷 (U+20BB7)
  ADD COLUMN address_zh  text NOT NULL DEFAULT '' CONSTRAINT registrations_address_zh_length CHECK (char_length(address_zh) <= 80), -- 豪尔莫希市长; empty: by the name
  ADD COLUMN address_en  text NOT NULL DEFAULT '' CONSTRAINT registrations_address_en_length CHECK (char_length(address_en) <= 80); -- Mayor Halmosi
CREATE INDEX registrations_unprintable ON registrations (event_id, queue_no) WHERE unprintable <> '';

-- A Chinese rendering is approved by the person, or by an officer for them. Another
-- rendering is not what they approved.
ALTER TABLE persons
  ADD COLUMN name_zh_approved_at timestamptz,
  ADD COLUMN name_zh_approved_by text NOT NULL DEFAULT '' CONSTRAINT persons_name_zh_approver CHECK (name_zh_approved_by IN ('', 'person', 'officer')),
  ADD CONSTRAINT persons_name_zh_approved CHECK (CASE WHEN name_zh_approved_at IS NULL THEN name_zh_approved_by = '' ELSE name_zh_approved_by <> '' AND name_zh <> '' END);
-- +goose StatementBegin
CREATE FUNCTION forget_name_zh_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name_zh_approved_at := NULL;
  NEW.name_zh_approved_by := '';
  RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER persons_name_zh_approval BEFORE UPDATE ON persons
  FOR EACH ROW WHEN (NEW.name_zh IS DISTINCT FROM OLD.name_zh) EXECUTE FUNCTION forget_name_zh_approval();
ALTER TABLE persons ADD COLUMN name_zh_open boolean NOT NULL
  GENERATED ALWAYS AS (name_zh <> '' AND name_zh <> name_native AND name_zh_approved_at IS NULL) STORED; -- a rendering that nobody approved yet
CREATE INDEX persons_name_zh_open ON persons (id) WHERE name_zh_open;

CREATE TABLE titles (                          -- what people's offices are called, offered by the forms
  id        uuid PRIMARY KEY,
  zh        text NOT NULL CONSTRAINT titles_zh_length CHECK (char_length(zh) BETWEEN 1 AND 60),
  en        text NOT NULL CONSTRAINT titles_en_length CHECK (char_length(en) BETWEEN 1 AND 60),
  addresses boolean NOT NULL DEFAULT false,    -- people are addressed by it: Mayor Halmosi, 豪尔莫希市长
  position  int NOT NULL,
  version   int NOT NULL DEFAULT 1,
  CONSTRAINT titles_once UNIQUE (en, zh)
);
INSERT INTO titles (id, zh, en, addresses, position) SELECT gen_random_uuid(), zh, en, addresses, row_number() OVER () FROM (VALUES
  ('州长', 'Governor', true),
  ('省长', 'Provincial Governor', true),
  ('市长', 'Mayor', true),
  ('市长', 'Lord Mayor', true),
  ('区长', 'District Mayor', true),
  ('副州长', 'Deputy Governor', true),
  ('副市长', 'Deputy Mayor', true),
  ('议长', 'Speaker of the City Council', false),
  ('议员', 'Councillor', true),
  ('大使', 'Ambassador', true),
  ('公使', 'Minister-Counsellor', false),
  ('总领事', 'Consul General', true),
  ('副总领事', 'Deputy Consul General', true),
  ('领事', 'Consul', true),
  ('参赞', 'Counsellor', true),
  ('秘书长', 'Secretary General', true),
  ('会长', 'President', true),
  ('副会长', 'Vice-President', true),
  ('主席', 'Chair', false),
  ('董事长', 'Chairman of the Board', false),
  ('总经理', 'General Manager', false),
  ('首席执行官', 'Chief Executive Officer', false),
  ('局长', 'Director General', true),
  ('处长', 'Director', true),
  ('校长', 'Rector', true),
  ('教授', 'Professor', true),
  ('翻译', 'Interpreter', false),
  ('礼宾官', 'Protocol Officer', false)
) AS seed (zh, en, addresses);
