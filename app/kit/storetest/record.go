package storetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"qianshou/app/kit/ident"
)

// Recorder is a database that keeps what is asked of it.
type Recorder struct {
	*sqlx.DB
	mu   sync.Mutex
	kept []Statement
}

// Statement is one statement as it went to PostgreSQL.
type Statement struct {
	SQL  string
	Args []driver.NamedValue
}

// Record opens a database whose statements are kept.
func Record(t testing.TB, address string) *Recorder {
	t.Helper()
	inner, err := pq.NewConnector(address)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recorder{}
	r.DB = sqlx.NewDb(sql.OpenDB(connector{inner, r}), "postgres")
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// Take answers what was asked since the last Take.
func (r *Recorder) Take() []Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.kept
	r.kept = nil
	return taken
}

func (r *Recorder) keep(statement string, args []driver.NamedValue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, Statement{strings.TrimSpace(statement), append([]driver.NamedValue(nil), args...)})
}

type connector struct {
	driver.Connector
	to *Recorder
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	return connection{inner, c.to}, err
}

// connection passes everything on. The driver's own connection does all of what is
// asked of it here.
type connection struct {
	driver.Conn
	to *Recorder
}

func (c connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.to.keep(query, args)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c connection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.to.keep(query, args)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c connection) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.to.keep("BEGIN", nil)
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return transaction{tx, c.to}, err
}

func (c connection) CheckNamedValue(v *driver.NamedValue) error {
	return c.Conn.(driver.NamedValueChecker).CheckNamedValue(v)
}

type transaction struct {
	driver.Tx
	to *Recorder
}

func (t transaction) Commit() error {
	t.to.keep("COMMIT", nil)
	return t.Tx.Commit()
}

// Script makes a script for Pgbench of two recordings of the same work: what
// differs between them is what is new each time, and there each run takes values of
// its own. Documents in JSON and what is sealed stay as they were.
func Script(t testing.TB, one, other []Statement) string {
	t.Helper()
	if len(one) != len(other) {
		t.Fatalf("%d statements, and then %d: not the same work", len(one), len(other))
	}
	var script strings.Builder
	script.WriteString("\\set n random(1, 2000000000)\n")
	fresh := map[string]int{} // IDs made anew, as they were counted
	for i, s := range one {
		if s.SQL != other[i].SQL {
			t.Fatalf("statement %d differs:\n%s\n%s", i, s.SQL, other[i].SQL)
		}
		line := strings.Join(strings.Fields(uncommented.ReplaceAllString(s.SQL, "")), " ")
		line = parameter.ReplaceAllStringFunc(line, func(mark string) string {
			var n int
			if _, err := fmt.Sscanf(mark, "$%d", &n); err != nil {
				t.Fatal(err)
			}
			return literal(s.Args[n-1].Value, other[i].Args[n-1].Value, fresh)
		})
		script.WriteString(line + ";\n")
	}
	return script.String()
}

var (
	parameter   = regexp.MustCompile(`\$\d+`)
	uncommented = regexp.MustCompile(`(?m)--.*$`)
)

// literal is a value in SQL, one of its own for each run when it was another the
// second time.
func literal(value, second driver.Value, fresh map[string]int) string {
	differs := fmt.Sprint(value) != fmt.Sprint(second)
	switch v := value.(type) {
	case nil:
		return "NULL"
	case []byte:
		if len(v) == 32 && differs {
			return "sha256(convert_to('" + hex.EncodeToString(v) + "' || :n, 'UTF8'))"
		}
		return `'\x` + hex.EncodeToString(v) + `'`
	case time.Time:
		return "'" + v.Format(time.RFC3339Nano) + "'"
	case string:
		if _, err := ident.Parse(v); err == nil && differs {
			if _, known := fresh[v]; !known {
				fresh[v] = len(fresh)
			}
			return fmt.Sprintf("md5(:n || '-%d')::uuid", fresh[v])
		}
		quoted := "'" + strings.ReplaceAll(v, "'", "''") + "'"
		if differs && !strings.HasPrefix(v, "{") {
			return "(" + quoted + " || :n)"
		}
		return quoted
	default:
		if differs {
			return "(:n)"
		}
		return fmt.Sprintf("'%v'", v)
	}
}
