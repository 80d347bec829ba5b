package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// maxStatements bounds the prepared statements of one connection.
const maxStatements = 512

// dialer opens connections. Tests put faults in between here.
type dialer func(ctx context.Context, dsn string) (driver.Conn, error)

// dial is the dialer in use outside of tests.
func dial(ctx context.Context, dsn string) (driver.Conn, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return connector.Connect(ctx)
}

// conn is one connection with its prepared statements. It speaks to the driver
// directly: database/sql would add its pool, its locks and a goroutine per
// query, where the writer and the readers each own their connection anyway.
// A conn is for one goroutine at a time.
//
// The driver never sees the context of a caller: it would start a goroutine for
// each statement, to interrupt it, and no statement runs for long. Between the rows
// of one the context is looked at here.
type conn struct {
	raw   driver.Conn
	stmts map[string]statement
	args  []driver.NamedValue // of the statement that the driver is called with
	texts map[fewTables]string
}

// statement is what the driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func newConn(ctx context.Context, dial dialer, dsn string) (*conn, error) {
	raw, err := dial(ctx, dsn)
	if err != nil {
		return nil, err
	}
	return &conn{raw: raw, stmts: make(map[string]statement), texts: make(map[fewTables]string)}, nil
}

// exec runs a statement that returns no rows, and tells how many it changed.
func (c *conn) exec(ctx context.Context, query string, args ...driver.Value) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	stmt, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(context.Background(), c.bind(args)) //nolint:contextcheck // see conn
	clear(c.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs a statement and calls row for each of its rows. The slice is the
// same every time; its values are the callee's to keep.
func (c *conn) query(ctx context.Context, row func([]driver.Value) error, query string, args ...driver.Value) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	stmt, err := c.prepare(query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(context.Background(), c.bind(args)) //nolint:contextcheck // see conn
	clear(c.args)
	if err != nil {
		return err
	}
	defer func() {
		// To close resets the statement: it releases what it holds.
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := row(values); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// number runs a query for a single whole number.
func (c *conn) number(ctx context.Context, query string, args ...driver.Value) (n int64, err error) {
	err = c.query(ctx, func(row []driver.Value) error {
		var ok bool
		if n, ok = row[0].(int64); !ok {
			return fmt.Errorf("%q gave %T", query, row[0])
		}
		return nil
	}, query, args...)
	return n, err
}

// close gives up the connection. What was not committed is rolled back.
func (c *conn) close() error {
	err := c.forget() // a connection with statements left would not end
	return errors.Join(err, c.raw.Close())
}

func (c *conn) prepare(query string) (statement, error) {
	if stmt, ok := c.stmts[query]; ok {
		return stmt, nil
	}
	for other, stmt := range c.stmts { // make room by forgetting others, any
		if len(c.stmts) < maxStatements {
			break
		}
		delete(c.stmts, other)
		if err := stmt.Close(); err != nil {
			return nil, err
		}
	}
	prepared, err := c.raw.Prepare(query)
	if err != nil {
		return nil, err
	}
	stmt, ok := prepared.(statement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("statement of type %T", prepared), prepared.Close())
	}
	c.stmts[query] = stmt
	return stmt, nil
}

// forget closes the prepared statements.
func (c *conn) forget() error {
	var errs []error
	for _, stmt := range c.stmts {
		errs = append(errs, stmt.Close())
	}
	clear(c.stmts)
	return errors.Join(errs...)
}

// fewTables are the tables of a statement on a few records.
type fewTables struct {
	tables [few]*table
	what   what
}

// few returns the statement that reads a record of each of a few tables, which is not put
// together again each time.
func (c *conn) few(tables []*table, what what) string {
	key := fewTables{what: what}
	copy(key.tables[:], tables)
	if known, ok := c.texts[key]; ok {
		return known
	}
	if len(c.texts) >= maxStatements {
		clear(c.texts)
	}
	text := fewRecords(tables, what)
	c.texts[key] = text
	return text
}

// bind returns the arguments as the driver takes them. It copies them before it runs the
// statement, and looks at them no more when it has returned, nor for the rows of a query: then
// they are to be cleared, or the values of a large statement are kept in memory.
func (c *conn) bind(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, arg := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return c.args
}

// text reads a column that holds text. NULL is "".
func text(v driver.Value) string {
	s, _ := v.(string)
	return s
}
