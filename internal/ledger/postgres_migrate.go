package ledger

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// migrations are applied in the order of their names, forward only, one
// transaction each.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrationKey is the advisory lock under which the tables are changed; a random
// number, the same in every version.
const migrationKey = "4950247231708516523"

// ready brings the tables to this program's version. Without write a database
// in which no ledger was ever begun is left alone, and there is false.
func (l *pgLedger) ready(ctx context.Context, write bool) (there bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current {
		return true, nil
	}
	res, err := l.conns.Acquire(ctx)
	if err != nil {
		return false, l.trouble(Unreadable, err)
	}
	defer res.Destroy() // it may hold the lock still, if something went wrong
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return false, err
	}
	c := res.Value()
	have, err := tablesVersion(ctx, c)
	switch {
	case err != nil:
		return false, l.trouble(Unreadable, err)
	case have == len(files):
		l.current = true
		return true, nil
	case have > len(files):
		return false, l.newer(have, len(files))
	case have == 0 && !write:
		return false, nil
	}
	if err := migrate(ctx, c, files); err != nil {
		return false, l.trouble(Unwritable, err)
	}
	l.current = true
	return true, nil
}

// known tells whether the tables are still those of this program: a newer one may
// have carried them forward since ready looked, and a process may run for months.
func (l *pgLedger) known(ctx context.Context, c *pgconn.PgConn) error {
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return err
	}
	have, err := tablesVersion(ctx, c)
	if err == nil && have > len(files) {
		return l.newer(have, len(files))
	}
	return err
}

// tablesVersion is 0 where there are no tables of ours.
func tablesVersion(ctx context.Context, c *pgconn.PgConn) (version int, err error) {
	there := false
	if _, err = query(ctx, c, func(row [][]byte) error {
		there = row[0] != nil
		return nil
	}, `select to_regclass('idpsync_migration')`); err != nil || !there {
		return 0, err
	}
	_, err = query(ctx, c, func(row [][]byte) error {
		version, err = strconv.Atoi(string(row[0]))
		return err
	}, `select coalesce(max(version), 0) from idpsync_migration`)
	return version, err
}

// migrate applies what is missing, while others who would do the same wait.
func migrate(ctx context.Context, c *pgconn.PgConn, files []fs.DirEntry) error {
	if _, err := query(ctx, c, nil, `select pg_advisory_lock(`+migrationKey+`)`); err != nil {
		return err
	}
	if err := run(ctx, c, `create table if not exists idpsync_migration (version integer primary key, name text not null, at timestamptz not null default now())`); err != nil {
		return err
	}
	have, err := tablesVersion(ctx, c)
	if err != nil {
		return err
	}
	for i := have; i < len(files); i++ {
		name := files[i].Name()
		text, err := fs.ReadFile(migrations, "migrations/"+name)
		if err != nil {
			return err
		}
		mark := `insert into idpsync_migration (version, name) values (` + strconv.Itoa(i+1) + `, '` + name + `')`
		if err := run(ctx, c, "begin;\n"+string(text)+";\n"+mark+";\ncommit"); err != nil {
			return errors.Join(err, run(ctx, c, "rollback"))
		}
	}
	_, err = query(ctx, c, nil, `select pg_advisory_unlock(`+migrationKey+`)`)
	return err
}

// run carries out statements that take no argument and give no row.
func run(ctx context.Context, c *pgconn.PgConn, sql string) error {
	_, err := c.Exec(ctx, sql).ReadAll()
	return err
}
