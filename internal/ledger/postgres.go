package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// The times of a lock in a database. A holder is heard of every beat; one that
// was not for the lease may be replaced, and its epoch is over then.
const (
	pgBeat  = 5 * time.Second
	pgLease = 30 * time.Second
	// pgPatience bounds what must be written although the run was interrupted.
	pgPatience = 30 * time.Second
	pgConnect  = 10 * time.Second
	// pgConnections is how many a ledger opens at most, beside one for each lock.
	pgConnections = 8
)

// pgLedger keeps the ledger in a PostgreSQL database, in tables of its own
// (migrations/). It speaks through pgconn alone: what it keeps is text and JSON,
// and the higher floors of the driver would cost the program 3 MB.
type pgLedger struct {
	// place names the database in errors, without a login.
	place string
	dial  func(context.Context) (*pgconn.PgConn, error)
	conns *puddle.Pool[*pgconn.PgConn]
	beat  time.Duration
	lease time.Duration

	mu sync.Mutex
	// current is set once the tables are known to be those of this program.
	current bool
}

// isPostgres tells whether a location is a database.
func isPostgres(location string) bool {
	return strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://")
}

// openPostgres reads a URL as libpq does, with what it leaves out taken from the
// usual PG variables and files. Nothing is connected to yet.
func openPostgres(location string, o Options) (Ledger, error) {
	place := databasePlace(location)
	config, err := pgconn.ParseConfig(location)
	if err != nil {
		return nil, &Error{Problem: Foreign, Path: place, Reason: "the address cannot be read"}
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, pgConnect)
	config.RuntimeParams["application_name"] = cmp.Or(config.RuntimeParams["application_name"], "idpsync")
	lease := cmp.Or(o.Lease, pgLease)
	l := &pgLedger{place: place, beat: min(pgBeat, lease/3), lease: lease}
	l.dial = func(ctx context.Context) (*pgconn.PgConn, error) { return pgconn.ConnectConfig(ctx, config) }
	l.conns, err = puddle.NewPool(&puddle.Config[*pgconn.PgConn]{
		Constructor: func(ctx context.Context) (*pgconn.PgConn, error) { return l.dial(ctx) },
		Destructor:  hangUp, MaxSize: pgConnections,
	})
	return l, err
}

// databasePlace is a URL as an error may show it: no login and no parameters,
// which may hold a password too.
func databasePlace(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" && u.Path == "" {
		return "postgres://..."
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func hangUp(c *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.Close(ctx)
}

func (l *pgLedger) Pool(id string) Pool { return &pgPool{l, id} }

func (l *pgLedger) Close() error {
	l.conns.Close()
	return nil
}

func (l *pgLedger) Pools(ctx context.Context) ([]string, error) {
	var ids []string
	err := l.read(ctx, func(row [][]byte) error {
		ids = append(ids, string(row[0]))
		return nil
	}, `select id from (select id from idpsync_pool union select pool from idpsync_trait) known order by id collate "C"`)
	return ids, err
}

// pgPool is one user pool's part of the tables.
type pgPool struct {
	*pgLedger
	id string
}

// read asks for rows. A database that holds no ledger yet has none.
func (l *pgLedger) read(ctx context.Context, each func(row [][]byte) error, sql string, args ...any) error {
	there, err := l.ready(ctx, false)
	if err != nil || !there {
		return err
	}
	_, err = l.ask(ctx, each, sql, args...)
	return l.trouble(Unreadable, err)
}

// ask runs one statement on a connection of its own and returns how many rows
// it touched.
func (l *pgLedger) ask(ctx context.Context, each func(row [][]byte) error, sql string, args ...any) (int64, error) {
	res, err := l.connection(ctx)
	if err != nil {
		return 0, err
	}
	n, err := query(ctx, res.Value(), each, sql, args...)
	if c := res.Value(); c.IsClosed() || c.TxStatus() != 'I' {
		res.Destroy()
	} else {
		res.Release()
	}
	return n, err
}

// connection gives one that was alive a moment ago: a database that was started
// anew leaves a pool of dead ones behind, and no statement may be lost to them.
func (l *pgLedger) connection(ctx context.Context) (*puddle.Resource[*pgconn.PgConn], error) {
	for {
		res, err := l.conns.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		if res.IdleDuration() < fresh || res.Value().Ping(ctx) == nil {
			return res, nil
		}
		res.Destroy()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// fresh is how long an idle connection is taken to live without a look at it.
const fresh = 10 * time.Millisecond

// query runs one statement on a connection; each may be nil, and must not keep
// the row.
func query(ctx context.Context, c *pgconn.PgConn, each func(row [][]byte) error, sql string, args ...any) (int64, error) {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = parameter(a)
	}
	r := c.ExecParams(ctx, sql, values, nil, nil, nil)
	var bad error
	for r.NextRow() {
		if bad == nil && each != nil {
			bad = each(r.Values())
		}
	}
	tag, err := r.Close()
	return tag.RowsAffected(), errors.Join(err, bad)
}

// parameter writes an argument as the server reads it; nil is null.
func parameter(a any) []byte {
	switch a := a.(type) {
	case string:
		return []byte(a)
	case []byte:
		return a
	case int:
		return strconv.AppendInt(nil, int64(a), 10)
	case int64:
		return strconv.AppendInt(nil, a, 10)
	case time.Time:
		return a.UTC().AppendFormat(nil, time.RFC3339Nano)
	}
	return nil
}

// trouble says what a failed statement means to the ledger; asked is what the
// server's own refusal is called.
func (l *pgLedger) trouble(asked Problem, err error) error {
	var own *Error
	var held *HeldError
	var lost *LostError
	var said *pgconn.PgError
	switch {
	case err == nil, errors.As(err, &own), errors.As(err, &held), errors.As(err, &lost), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &said) && unwritten[said.Code]:
		asked = Unwritable
	case errors.As(err, &said) && !away(said.Code):
	default:
		return &Error{Problem: Unreachable, Path: l.place, Reason: reachless(err), Err: err}
	}
	return &Error{Problem: asked, Path: l.place, Reason: fmt.Sprintf("%s (SQLSTATE %s)", said.Message, said.Code), Err: err}
}

// away tells that a server's refusal is about being connected to at all: it is
// going down or has just come up (57), has no room for one more connection (53300),
// broke off (08), does not take the login (28), or has no such database (3D).
func away(code string) bool {
	return code == "53300" || slices.Contains([]string{"57", "08", "28", "3D"}, code[:min(2, len(code))])
}

// lent tells that an error comes of a pooler that lends sessions out: a statement
// that was prepared is not there any more, or the lock.
func lent(err error) bool {
	var said *pgconn.PgError
	return errors.Is(err, errLent) || errors.As(err, &said) && said.Code == "26000"
}

// unwritten are the refusals of a database that only reads: a replica, a role
// without the right, a full disk.
var unwritten = map[string]bool{"25006": true, "42501": true, "53100": true}

// reachless is why there is no answer; the driver's own words would repeat the
// user and the database.
func reachless(err error) string {
	var said *pgconn.PgError
	switch {
	case errors.As(err, &said):
		return fmt.Sprintf("%s (SQLSTATE %s)", said.Message, said.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, puddle.ErrClosedPool):
		return "closed"
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return plain(err)
}
