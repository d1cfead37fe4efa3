package demo

import (
	"slices"
	"testing"
)

// unlogged are the tables whose rows are no change that a person or a program
// made to the field: logs, queues, what the database keeps for itself.
var unlogged = []string{
	"retention_rules", // the defaults come with the schema; who changes one is logged
	"countries",       // they come with the schema too
	"audit_entries", "audit_seals", "outbox", "river_client", "river_client_queue", "river_job", "river_leader", "river_migration", "river_queue",
	"goose_db_version", "migration_steps", "installation", "idempotency_keys", "mail_pace", "mail_attempts",
}

// Every write of every service leaves an audit entry and an announcement in the
// transaction of its own: the whole demo is loaded through the services, and no
// row of it may lack either; a scan is its own trail. The database itself says
// which transaction wrote a row.
func TestEveryWriteIsLoggedAndAnnounced(t *testing.T) {
	t.Parallel()
	db, _ := loaded(t)
	var silent []string
	err := db.SelectContext(t.Context(), &silent, `
		SELECT DISTINCT action FROM audit_entries a WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.xmin = a.xmin) ORDER BY action`)
	if err != nil || len(silent) > 0 {
		t.Errorf("logged and not announced: %v, %v", silent, err)
	}
	var unheard int
	err = db.GetContext(t.Context(), &unheard, `SELECT count(*) FROM scans s WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.xmin = s.xmin)`)
	if err != nil || unheard > 0 {
		t.Errorf("%d scans were not announced, %v", unheard, err)
	}
	var tables []string
	if err := db.SelectContext(t.Context(), &tables, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`); err != nil {
		t.Fatal(err)
	}
	rows, filled := 0, 0
	for _, table := range tables {
		if slices.Contains(unlogged, table) {
			continue
		}
		var n, lost int
		err := db.QueryRowxContext(t.Context(), `
			SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
				SELECT 1 FROM audit_entries a WHERE a.xmin = t.xmin UNION ALL SELECT 1 FROM scans s WHERE s.xmin = t.xmin)) FROM "`+table+`" t`).Scan(&n, &lost)
		if err != nil || lost > 0 {
			t.Errorf("%s: %d of %d rows were written without an audit entry, %v", table, lost, n, err)
		}
		rows += n
		if n > 0 {
			filled++
		}
	}
	if rows < 1000 || filled < 30 {
		t.Errorf("only %d rows in %d tables were looked at", rows, filled)
	}
}
