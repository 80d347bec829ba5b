package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// said is a query for any version of SQLite: each kind has a table, whose values are JSON.
const said = `SELECT json_extract(value, '$.creator.id') AS who, json_extract(value, '$.body') AS what FROM content ORDER BY id`

// look says how to look into the file, and does, for those who have no tool for it.
func look(ctx context.Context, path string, out io.Writer) (err error) {
	_, _ = fmt.Fprintf(out, "\nIt is an ordinary SQLite file:\n\n   sqlite3 -header -column %s \"%s\"\n\n", path, said)
	db, err := sql.Open("sqlite", path) // the driver that package store/sqlite stands on
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, said)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "   who\twhat")
	for rows.Next() {
		var who sql.NullString
		var what string
		if err := rows.Scan(&who, &what); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(table, "   %s\t%s\n", who.String, what)
	}
	return errors.Join(rows.Err(), table.Flush())
}
