package sqlite

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"
)

// columns knows the tables' columns for terms, as they are in the file. Another
// handle may have added some that this one has not prepared: a put, which
// replaces all terms of its record, has to clear those.
type columns struct {
	looked  bool                // since the transaction began
	schema  int64               // the version of the schema that the rest belongs to
	byTable map[string][]string // quoted names, both
	updates map[*table]string
}

// update returns the statement that replaces a record of t.
func (k *columns) update(ctx context.Context, c *conn, t *table) (string, error) {
	if !k.looked {
		if err := k.look(ctx, c); err != nil {
			return "", err
		}
		k.looked = true
	}
	if statement, ok := k.updates[t]; ok {
		return statement, nil
	}
	var statement strings.Builder
	statement.WriteString(t.update)
	for _, name := range k.byTable[t.name] {
		if !slices.ContainsFunc(t.indexes, func(index string) bool { return column(index) == name }) {
			statement.WriteString(", " + name + " = NULL")
		}
	}
	statement.WriteString(t.where)
	k.updates[t] = statement.String()
	return statement.String(), nil
}

// look reads the columns, if the schema has changed since the last time.
func (k *columns) look(ctx context.Context, c *conn) error {
	schema, err := c.number(ctx, "PRAGMA schema_version")
	if err != nil || schema == k.schema && k.byTable != nil {
		return err
	}
	byTable := make(map[string][]string)
	err = c.query(ctx, func(row []driver.Value) error {
		table := quote(text(row[0]))
		byTable[table] = append(byTable[table], quote(text(row[1])))
		return nil
	}, "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"+
		" WHERE t.type = 'table' AND c.name LIKE 'by^_%' ESCAPE '^'")
	if err != nil {
		return err
	}
	*k = columns{schema: schema, byTable: byTable, updates: make(map[*table]string)}
	return nil
}
