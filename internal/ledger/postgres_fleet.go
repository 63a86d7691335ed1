package ledger

import (
	"context"
	"io/fs"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// Prepare brings the tables of a ledger in a database to this program's version,
// and then runs more under the lock that other replicas wait for. Who shares the
// database with the ledger has the same errors: Trouble gives them.
func Prepare(ctx context.Context, l Ledger, more func(context.Context) error) error {
	p, ok := l.(*pgLedger)
	if !ok {
		return &Error{Problem: Foreign, Path: "--database", Reason: "it is no PostgreSQL"}
	}
	if _, err := p.ready(ctx, true); err != nil {
		return err
	}
	c, err := p.dial(ctx)
	if err != nil {
		return p.trouble(Unreadable, err)
	}
	defer hangUp(c) // which frees the lock
	if err := lockMigrations(ctx, c); err != nil {
		return p.trouble(Unwritable, err)
	}
	return p.trouble(Unwritable, more(ctx))
}

func lockMigrations(ctx context.Context, c *pgconn.PgConn) error {
	_, err := query(ctx, c, nil, `select pg_advisory_lock(`+migrationKey+`)`)
	return err
}

// Outgrown tells that the tables were brought to a version that this program does
// not know, while it ran; nil that it still knows them.
func Outgrown(ctx context.Context, l Ledger) error {
	p, ok := l.(*pgLedger)
	if !ok {
		return nil
	}
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return err
	}
	res, err := p.connection(ctx)
	if err != nil {
		return p.trouble(Unreadable, err)
	}
	have, err := tablesVersion(ctx, res.Value())
	if err != nil {
		res.Destroy()
		return p.trouble(Unreadable, err)
	}
	res.Release()
	if have > len(files) {
		return p.newer(have, len(files))
	}
	return nil
}

func (l *pgLedger) newer(have, known int) error {
	return &Error{Problem: Newer, Path: l.place, Reason: "version " + strconv.Itoa(have) + ", known is " + strconv.Itoa(known)}
}

// Trouble says what an error of the database means, as the ledger's own errors
// do. An error that is none of the database's stays as it is.
func Trouble(l Ledger, err error) error {
	if p, ok := l.(*pgLedger); ok && err != nil {
		return p.trouble(Unwritable, err)
	}
	return err
}
