package web

import (
	"io"
	"log/slog"
	"testing"

	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
)

// TestEveryConstraintHasASentence asks the database for every rule that it can
// refuse a row by, under the name that it was given. Rules that PostgreSQL named
// itself guard keys that no input reaches.
func TestEveryConstraintHasASentence(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	var names []string
	err := db.SelectContext(t.Context(), &names, `
		SELECT conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
		WHERE n.nspname = 'public' AND contype IN ('c', 'f', 'u', 'x') AND conname !~ '_(fkey|pkey|key|check|excl|not_null)\d*$'
			AND conrelid::regclass::text !~ '^(river|goose)'
		UNION
		SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
		WHERE n.nspname = 'public' AND x.indisunique AND NOT x.indisprimary AND x.indrelid::regclass::text !~ '^(river|goose)'
			AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)
		ORDER BY 1`)
	if err != nil || len(names) < 100 {
		t.Fatalf("%d names, %v", len(names), err)
	}
	words, err := Words(slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for _, l := range locale.Langs {
			if !words.Has(l, "constraint."+name) {
				t.Errorf("no sentence for %s in %s", name, l)
			}
		}
	}
}
