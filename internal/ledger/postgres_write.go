package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/idpsync/idpsync/internal/model"
)

// encode writes JSON as the file ledger does.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func (w *pgWriter) Save(ctx context.Context, objects ...Object) error {
	last := make(map[model.Key]int, len(objects)) // a statement may write a row once
	for i, o := range objects {
		last[o.Key] = i
	}
	records := make([]*objectRecord[any], 0, len(last))
	for i, o := range objects {
		if last[o.Key] == i {
			records = append(records, recordOf(o))
		}
	}
	const batch = 1000
	for ; len(records) > 0; records = records[min(batch, len(records)):] {
		body, err := encode(records[:min(batch, len(records))])
		if err != nil {
			return err
		}
		if err := w.write(ctx, `insert into idpsync_object (pool, key, body)
			select $1, e->>'key', e from fence, json_array_elements($3::json) e
			on conflict (pool, key) do update set body = excluded.body`, body); err != nil {
			return err
		}
	}
	return w.still()
}

func (w *pgWriter) Forget(ctx context.Context, keys ...model.Key) error {
	if len(keys) == 0 {
		return nil
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.String()
	}
	body, err := encode(names)
	if err != nil {
		return err
	}
	return w.write(ctx, `, gone as (delete from idpsync_object o using fence
			where o.pool = $1 and o.key in (select json_array_elements_text($3::json)))
		select 1 from fence`, body)
}

func (w *pgWriter) UsePlan(ctx context.Context, digest, run string) error {
	err := w.write(ctx, `insert into idpsync_plan (pool, digest, run) select $1, $3, $4 from fence`, digest, run)
	if !duplicate(err) {
		return err
	}
	before, _, err := w.pool.UsedPlan(ctx, digest)
	if err != nil {
		return err
	}
	return &PlanUsedError{digest, before}
}

// duplicate tells that a row of that name is there already.
func duplicate(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && said.Code == "23505"
}

func (p *pgPool) LearnTraits(ctx context.Context, traits map[string]string, at time.Time) error {
	if len(traits) == 0 {
		return nil
	}
	if _, err := p.ready(ctx, true); err != nil {
		return err
	}
	body, err := encode(traits)
	if err != nil {
		return err
	}
	_, err = p.ask(ctx, nil, `with told as (select key, value from json_each_text($2::json)),
			forgotten as (delete from idpsync_trait t using told where t.pool = $1 and t.name = told.key and told.value = '')
		insert into idpsync_trait (pool, name, value, at) select $1, key, value, $3::timestamptz from told where value <> '' order by key
		on conflict (pool, name) do update set value = excluded.value, at = excluded.at`, p.id, body, at)
	return p.trouble(Unwritable, err)
}

// pgJournal is a journal that is being written.
type pgJournal struct {
	w   *pgWriter
	run string

	mu     sync.Mutex
	intent int
	closed bool
}

func (w *pgWriter) Begin(ctx context.Context, head RunHead) (Journal, error) {
	if !runName().MatchString(head.ID) {
		return nil, fmt.Errorf("%q cannot name a run", head.ID)
	}
	head.Epoch, head.Time = w.epoch, head.Time.UTC()
	body, err := encode(head)
	if err != nil {
		return nil, err
	}
	err = w.write(ctx, `insert into idpsync_run (pool, id, epoch, head) select $1, $3, $2, $4 from fence`, head.ID, body)
	if duplicate(err) {
		return nil, fmt.Errorf("there is a run %s already", head.ID)
	}
	if err != nil {
		return nil, err
	}
	return &pgJournal{w: w, run: head.ID}, nil
}

func (j *pgJournal) Intent(ctx context.Context, e Entry) (int, error) {
	j.mu.Lock()
	j.intent++
	n := j.intent
	j.mu.Unlock()
	e.Time = e.Time.UTC()
	body, err := encode(intentLine{n, e.Key.String(), e})
	if err != nil {
		return 0, err
	}
	return n, j.w.write(ctx, `insert into idpsync_step (pool, run, n, intent) select $1, $3, $4::integer, $5 from fence`, j.run, n, body)
}

func (j *pgJournal) Outcome(ctx context.Context, n int, o Outcome) error {
	ctx, cancel := late(ctx)
	defer cancel()
	o.Time = o.Time.UTC()
	body, err := encode(o)
	if err != nil {
		return err
	}
	return j.w.write(ctx, `update idpsync_step set outcome = $5 from fence where pool = $1 and run = $3 and n = $4::integer`, j.run, n, body)
}

func (j *pgJournal) Override(ctx context.Context, guard, reason string) error {
	ctx, cancel := late(ctx)
	defer cancel()
	return j.w.write(ctx, `insert into idpsync_override (pool, run, guard, reason) select $1, $3, $4, $5 from fence`, j.run, guard, reason)
}

// Close finishes the run when nothing of it is left to settle.
func (j *pgJournal) Close(ctx context.Context, s Summary) error {
	j.mu.Lock()
	closed := j.closed
	j.closed = true
	j.mu.Unlock()
	if closed {
		return nil
	}
	ctx, cancel := late(ctx)
	defer cancel()
	s.Time = s.Time.UTC()
	body, err := encode(s)
	if err != nil {
		return err
	}
	return j.w.write(ctx, `update idpsync_run r set summary = $4, finished = not exists (
			select 1 from idpsync_step s where s.pool = $1 and s.run = $3 and `+openSteps+`)
		from fence where r.pool = $1 and r.id = $3`, j.run, body)
}

func (w *pgWriter) Settle(ctx context.Context, run string, fates map[int]Outcome) error {
	if err := errors.Join(ctx.Err(), w.still()); err != nil {
		return err
	}
	r, err := w.pool.Run(ctx, run)
	if err != nil || r.finished() {
		return err
	}
	told := make(map[int]Outcome, len(fates))
	left := 0
	for _, s := range r.Open() {
		o, known := fates[s.N]
		if known {
			o.Time = o.Time.UTC()
			told[s.N] = o
		}
		if !known || o.Fate == Unknown {
			left++
		}
	}
	outcomes, err := encode(told)
	if err != nil {
		return err
	}
	var settled []byte
	if left == 0 {
		if settled, err = encode(settledMarker{By: w.holder.Run, Time: w.holder.Since.UTC()}); err != nil {
			return err
		}
	}
	return w.write(ctx, `, told as (update idpsync_step s set outcome = e.value
			from fence, json_each($4::json) e where s.pool = $1 and s.run = $3 and s.n = e.key::integer)
		update idpsync_run r set settled = $5::json, finished = $5 is not null from fence where r.pool = $1 and r.id = $3`, run, outcomes, settled)
}

// finished tells that nothing of the run is left to settle.
func (r *Run) finished() bool {
	return r.SettledBy != "" || r.Summary != nil && len(r.Open()) == 0
}
