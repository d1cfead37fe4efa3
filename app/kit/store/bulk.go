package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// OpenBulk is Open for work that repeats a few statements thousands of times in one
// transaction, as taking over a list does. Its connections keep what they prepared,
// so that a statement is sent, and planned, once and not each time. For everything
// else Open is right: a plan that is kept is made without looking at the values.
func OpenBulk(ctx context.Context, address string, maxConns int) (*sqlx.DB, error) {
	address, err := withDefaults(address)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnector(address)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := sqlx.NewDb(sql.OpenDB(bulkConnector{connector}), "postgres")
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(0) // lists are rare: nothing is held open between two
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("reach database: %w", err)
	}
	return db, nil
}

type bulkConnector struct{ driver.Connector }

func (c bulkConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(wholeConn)
	if !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("a connection is %T", conn)
	}
	return &bulkConn{wholeConn: whole, kept: map[string]driver.Stmt{}}, nil
}

// wholeConn is what the driver's connections can do and database/sql asks for.
type wholeConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keptMost is how many statements a connection keeps; further ones are sent as ever.
const keptMost = 200

// bulkConn keeps what it prepared. database/sql lets one caller at a time use it.
type bulkConn struct {
	wholeConn
	kept map[string]driver.Stmt
}

// statement answers the kept statement of a query; nil when it is not to be kept.
func (c *bulkConn) statement(ctx context.Context, query string, args []driver.NamedValue) (driver.Stmt, error) {
	if s, ok := c.kept[query]; ok {
		return s, nil
	}
	if len(args) == 0 || len(c.kept) >= keptMost {
		return nil, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err == nil {
		c.kept[query] = s
	}
	return s, err
}

// ExecContext runs a query by its kept statement.
func (c *bulkConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s, ok := s.(driver.StmtExecContext); ok {
		return s.ExecContext(ctx, args)
	}
	return c.wholeConn.ExecContext(ctx, query, args)
}

// QueryContext asks a query by its kept statement.
func (c *bulkConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s, ok := s.(driver.StmtQueryContext); ok {
		return s.QueryContext(ctx, args)
	}
	return c.wholeConn.QueryContext(ctx, query, args)
}
