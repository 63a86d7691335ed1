package fleet

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/idpsync/idpsync/internal/reconcile"
)

// unseen shows the targets that the fleet file names of a source whose files
// nobody has had so far: they fail as it does, and have their first pass when it
// comes. What a pattern would pick is not known.
func (f *Fleet) unseen(ctx context.Context, s *source, why error, hint string) error {
	if !f.working("") {
		return nil
	}
	names := f.names(s.name, nil)
	briefs, wholes := make([][]byte, len(names)), make([][]byte, len(names))
	for i, name := range names {
		_, target, _ := strings.Cut(name, "/")
		p, _ := f.pick(s.name, target)
		now := time.Now()
		var err error
		if briefs[i], wholes[i], err = reconcile.EncodeStatus(&reconcile.Status{
			Target: target, Mode: reconcile.Mode(p.Mode), Phase: reconcile.Waiting, Source: s.place, Verdict: reconcile.Failing,
			Since: now, LastPass: now, Trouble: &reconcile.Trouble{Message: why.Error(), Hint: hint},
		}); err != nil {
			return err
		}
	}
	return f.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := query[struct{ Version string }](ctx, tx, `select version from idpsync_source where name = $1 for update`, s.name)
		if err != nil || len(rows) == 0 || rows[0].Version != "" {
			return err // settle knows better
		}
		if _, err := tx.Exec(ctx, `delete from idpsync_target where source = $1 and name <> all($2::text[])`, s.name, names); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into idpsync_target (name, source, next_at, reason, brief, whole)
			select n, $1, clock_timestamp() + $5::interval, $6, b, w from unnest($2::text[], $3::bytea[], $4::bytea[]) u (n, b, w)
			on conflict (name) do update set reason = excluded.reason, brief = excluded.brief, whole = excluded.whole, since = excluded.since,
				seq = nextval('idpsync_change') where idpsync_target.reason <> excluded.reason`, s.name, names, briefs, wholes, deadTime, why.Error())
		return err
	})
}

// unready ends a pass of a target whose source nobody has had so far, and its job
// with it: publish asks for the next one, also where it comes between, and must
// not find this one still there.
func (p *pass) unready(ctx context.Context) error {
	err := p.fleet.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update idpsync_target set state = '', since = clock_timestamp(), seq = nextval('idpsync_change'),
			next_at = clock_timestamp() + case when wanted > $3 then interval '0' else $4::interval end
			where name = $1 and token = $2`, p.name, p.row.Token, p.row.Wanted, deadTime); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, p.job)
		return err
	})
	if err != nil {
		return p.unstored(err)
	}
	return nil
}
