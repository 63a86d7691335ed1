package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/idpsync/idpsync/internal/reconcile"
)

// unstored: what was found out is lost, and found out again.
func (p *pass) unstored(err error) error {
	if errors.Is(err, errLate) {
		return nil
	}
	p.fleet.o.Log.Debug("what came of a pass was not stored", "target", p.name, "error", err)
	return river.JobSnooze(again)
}

// stored is what a pass leaves in the row of its target.
type stored struct {
	state, reason string
	next          time.Duration
	failed, done  bool
}

// errLate: another pass of the target began later, and what it finds counts.
var errLate = errors.New("a later pass has begun")

// store writes the row; with done the job ends in the same transaction.
func (p *pass) store(ctx context.Context, end reconcile.Ending, s stored) error {
	brief, whole, kept := []byte(nil), []byte(nil), []byte(nil)
	if end.Status != nil {
		var err error
		if brief, whole, err = reconcile.EncodeStatus(end.Status); err != nil {
			return err
		}
		if kept, err = p.loop.Carry().Encode(); err != nil {
			return err
		}
	}
	err := p.fleet.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update idpsync_target set done = greatest(done, $3), state = $4, since = clock_timestamp(), reason = $5,
				failures = case when $6 then failures + 1 when $7 then 0 else failures end,
				next_at = clock_timestamp() + case when wanted > $3 then interval '0' else $8::interval end,
				brief = coalesce($9, brief), whole = coalesce($10, whole), kept = coalesce($11, kept), seq = nextval('idpsync_change')
			where name = $1 and token = $2`, p.name, p.row.Token, p.row.Wanted, s.state, s.reason, s.failed, s.done, s.next, brief, whole, kept)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errLate
		}
		if s.done {
			_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, p.job)
		}
		return err
	})
	if err == nil && end.Status != nil {
		p.fleet.o.Told(p.name, p.before, end.Status)
	}
	return err
}
