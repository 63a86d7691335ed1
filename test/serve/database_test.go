package serve

import (
	"context"
	"net/url"
	"strconv"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rs/zerolog"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// database is an empty schema of a real PostgreSQL with a line to it for each
// replica.
type database struct {
	server *ledgertest.Server
	url    string
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	s := ledgertest.Start(t)
	return &database{server: s, url: s.Database(t)}
}

// line is one replica's way to the database, which can be cut.
type line struct {
	url   string
	proxy *toxiproxy.Proxy
}

// lay lays a line.
func (d *database) lay(t testing.TB, name string) *line {
	t.Helper()
	u, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &line{proxy: toxiproxy.NewProxy(server, name, "127.0.0.1:0", u.Host)}
	if err := server.Collection.Add(l.proxy, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
	u.Host = l.proxy.Listen
	l.url = u.String()
	return l
}

// cut ends all connections and takes no new one, until mend.
func (l *line) cut() { l.proxy.Stop() }

func (l *line) mend(t testing.TB) {
	t.Helper()
	if err := l.proxy.Start(); err != nil {
		t.Fatal(err)
	}
}

// rows asks the database; a database that is restarting gives nil.
func (d *database) rows(t testing.TB, sql string) [][]string {
	t.Helper()
	all, err := d.try(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return all
}

func (d *database) try(sql string) ([][]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, d.url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close(ctx) }()
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var all [][]string
	for _, r := range results {
		for _, row := range r.Rows {
			texts := make([]string, len(row))
			for i, v := range row {
				texts[i] = string(v)
			}
			all = append(all, texts)
		}
	}
	return all, nil
}

// number is the one number of an answer.
func (d *database) number(t testing.TB, sql string) int {
	t.Helper()
	rows := d.rows(t, sql)
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s: %v", sql, rows)
	}
	n, err := strconv.Atoi(rows[0][0])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
