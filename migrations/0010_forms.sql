-- What an event asks beside the person: questions by category, their answers; and
-- how a category takes people in.
-- +goose Up
ALTER TABLE categories
  ADD COLUMN photo text NOT NULL DEFAULT 'badge_type' CONSTRAINT categories_photo CHECK (photo IN ('badge_type', 'required', 'optional')),
  ADD COLUMN version int NOT NULL DEFAULT 1;

-- Whether somebody brings a photo: events.Category.NeedsPhoto says the same.
-- +goose StatementBegin
CREATE FUNCTION needs_photo(category_rule text, badge_type_rule boolean, role text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT role <> 'head' AND (category_rule = 'required' OR category_rule = 'badge_type' AND badge_type_rule)
$$;
-- +goose StatementEnd

CREATE TABLE forms (                           -- one row locks an event's form; its version rises with each change
  event_id uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,
  version  int NOT NULL
);

CREATE TABLE questions (
  event_id          uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  id                uuid PRIMARY KEY,
  code              text NOT NULL CONSTRAINT questions_code CHECK (code ~ '^[a-z][a-z0-9_]{0,39}$'),
  position          int CONSTRAINT questions_position CHECK (position > 0), -- null: archived
  kind              text NOT NULL CONSTRAINT questions_kind CHECK (kind IN
    ('text', 'long_text', 'choice', 'choices', 'date', 'country', 'language', 'file', 'consent')),
  label_zh          text NOT NULL CONSTRAINT questions_label_zh_length CHECK (char_length(label_zh) BETWEEN 1 AND 200),
  label_en          text NOT NULL CONSTRAINT questions_label_en_length CHECK (char_length(label_en) BETWEEN 1 AND 200),
  help_zh           text NOT NULL DEFAULT '' CONSTRAINT questions_help_zh_length CHECK (char_length(help_zh) <= 500),
  help_en           text NOT NULL DEFAULT '' CONSTRAINT questions_help_en_length CHECK (char_length(help_en) <= 500),
  required          boolean NOT NULL,
  categories        text[] NOT NULL,           -- codes; empty: everybody is asked
  shown_if_question uuid CONSTRAINT questions_shown_if REFERENCES questions, -- null: always
  shown_if_values   text[] NOT NULL,           -- codes of options, one of which was chosen there
  version           int NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL,
  archived_at       timestamptz,
  CONSTRAINT questions_once UNIQUE (event_id, code),
  CONSTRAINT questions_order UNIQUE (event_id, position) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT questions_archived CHECK ((position IS NULL) = (archived_at IS NOT NULL)),
  CONSTRAINT questions_condition CHECK ((shown_if_question IS NULL) = (shown_if_values = '{}') AND shown_if_question IS DISTINCT FROM id)
);

CREATE TABLE question_options (
  question_id uuid NOT NULL REFERENCES questions ON DELETE CASCADE,
  code        text NOT NULL CONSTRAINT question_options_code CHECK (code ~ '^[a-z0-9][a-z0-9_]{0,39}$'),
  position    int NOT NULL,
  label_zh    text NOT NULL CONSTRAINT question_options_label_zh_length CHECK (char_length(label_zh) BETWEEN 1 AND 120),
  label_en    text NOT NULL CONSTRAINT question_options_label_en_length CHECK (char_length(label_en) BETWEEN 1 AND 120),
  archived_at timestamptz,
  PRIMARY KEY (question_id, code)
);

CREATE TABLE consent_texts (                   -- what is agreed to, word for word; never changed
  question_id  uuid NOT NULL REFERENCES questions ON DELETE CASCADE,
  version      int NOT NULL,
  text_zh      text NOT NULL CONSTRAINT consent_texts_zh_length CHECK (char_length(text_zh) BETWEEN 1 AND 4000),
  text_en      text NOT NULL CONSTRAINT consent_texts_en_length CHECK (char_length(text_en) BETWEEN 1 AND 4000),
  published_at timestamptz NOT NULL,
  PRIMARY KEY (question_id, version)
);

CREATE TABLE answers (                         -- value: a text, or a list of texts where several may be chosen
  registration_id uuid NOT NULL REFERENCES registrations ON DELETE CASCADE,
  question_id     uuid NOT NULL CONSTRAINT answers_question REFERENCES questions,
  value           jsonb NOT NULL CONSTRAINT answers_value CHECK (jsonb_typeof(value) IN ('string', 'array')),
  answered_at     timestamptz NOT NULL,
  PRIMARY KEY (registration_id, question_id)
);
CREATE INDEX answers_of_question ON answers (question_id);

-- A consent is to one of the fixed purposes, or to a question of the form: form.<code>.
ALTER TABLE consents DROP CONSTRAINT consents_purpose;
ALTER TABLE consents ADD CONSTRAINT consents_purpose CHECK (
  purpose IN ('registration', 'visa', 'cross_border', 'sensitive', 'photo', 'reuse_next_year') OR purpose ~ '^form\.[a-z][a-z0-9_]{0,39}$');

-- +goose StatementBegin
CREATE FUNCTION keep_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.kind, NEW.code, NEW.event_id) IS DISTINCT FROM (OLD.kind, OLD.code, OLD.event_id)
    AND EXISTS (SELECT 1 FROM answers WHERE question_id = OLD.id) THEN
    RAISE EXCEPTION 'question % has answers', OLD.code USING ERRCODE = 'check_violation', CONSTRAINT = 'questions_answered';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER questions_kept BEFORE UPDATE ON questions FOR EACH ROW EXECUTE FUNCTION keep_question();

-- An option that somebody chose goes only with its question, which the answers hold.
-- +goose StatementBegin
CREATE FUNCTION keep_option() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM questions WHERE id = OLD.question_id)
    AND EXISTS (SELECT 1 FROM answers WHERE question_id = OLD.question_id AND value ? OLD.code) THEN
    RAISE EXCEPTION 'option % was chosen', OLD.code USING ERRCODE = 'check_violation', CONSTRAINT = 'question_options_answered';
  END IF;
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER question_options_kept BEFORE DELETE ON question_options FOR EACH ROW EXECUTE FUNCTION keep_option();

-- +goose StatementBegin
CREATE FUNCTION keep_consent_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM questions WHERE id = OLD.question_id) THEN
    RAISE EXCEPTION 'a consent text is never changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_texts_kept';
  END IF;
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER consent_texts_kept BEFORE UPDATE OR DELETE ON consent_texts FOR EACH ROW EXECUTE FUNCTION keep_consent_text();
