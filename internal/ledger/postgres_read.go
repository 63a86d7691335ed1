package ledger

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/idpsync/idpsync/internal/model"
)

// strange tells of a row that this program cannot have written.
func (p *pgPool) strange(table string) *Error {
	return &Error{Problem: Damaged, Path: p.place + ", table " + table + ", pool " + p.id, Cause: Strange}
}

func (p *pgPool) Objects(ctx context.Context) (map[model.Key]Object, error) {
	objects := map[model.Key]Object{}
	err := p.read(ctx, func(row [][]byte) error {
		var r objectRecord[Value]
		if err := json.Unmarshal(row[0], &r); err != nil {
			return p.strange("idpsync_object")
		}
		o, err := objectOf(&r)
		if err != nil {
			return p.strange("idpsync_object")
		}
		objects[o.Key] = o
		return nil
	}, `select body from idpsync_object where pool = $1`, p.id)
	if err != nil {
		return nil, err
	}
	return objects, nil
}

func (p *pgPool) Traits(ctx context.Context) (map[string]string, error) {
	traits := map[string]string{}
	err := p.read(ctx, func(row [][]byte) error {
		traits[string(row[0])] = string(row[1])
		return nil
	}, `select name, value from idpsync_trait where pool = $1`, p.id)
	if err != nil {
		return nil, err
	}
	return traits, nil
}

func (p *pgPool) UsedPlan(ctx context.Context, digest string) (run string, used bool, err error) {
	err = p.read(ctx, func(row [][]byte) error {
		run, used = string(row[0]), true
		return nil
	}, `select run from idpsync_plan where pool = $1 and digest = $2`, p.id, digest)
	return run, used, err
}

// The columns of a run; a step is open without an outcome, or with one that
// nobody knows.
const (
	runColumns = `r.id, r.head, r.summary, r.settled`
	openSteps  = `(s.outcome is null or s.outcome->>'fate' = 'unknown')`
)

func (p *pgPool) Runs(ctx context.Context) ([]RunInfo, error) { return p.infos(ctx, nil) }

// Recent lists the n newest runs.
func (p *pgPool) Recent(ctx context.Context, n int) ([]RunInfo, error) { return p.infos(ctx, n) }

// infos lists as many of the newest runs; a nil most is all.
func (p *pgPool) infos(ctx context.Context, most any) ([]RunInfo, error) {
	var infos []RunInfo
	err := p.read(ctx, func(row [][]byte) error {
		r := &Run{}
		if err := p.takeRun(r, row); err != nil {
			return err
		}
		info := r.Info()
		var err error
		if info.Steps, err = strconv.Atoi(string(row[4])); err == nil {
			info.Open, err = strconv.Atoi(string(row[5]))
		}
		infos = append(infos, info)
		return err
	}, `select `+runColumns+`, count(s.n), count(s.n) filter (where `+openSteps+`)
		from idpsync_run r left join idpsync_step s on s.pool = r.pool and s.run = r.id
		where r.pool = $1 group by r.pool, r.id order by r.epoch desc, r.seq desc limit $2::bigint`, p.id, most)
	return infos, err
}

// takeRun reads the columns of a run.
func (p *pgPool) takeRun(r *Run, row [][]byte) error {
	if json.Unmarshal(row[1], &r.RunHead) != nil {
		return p.strange("idpsync_run")
	}
	if row[2] != nil {
		r.Summary = &Summary{}
		if json.Unmarshal(row[2], r.Summary) != nil {
			return p.strange("idpsync_run")
		}
	}
	var settled settledMarker
	if row[3] != nil && json.Unmarshal(row[3], &settled) != nil {
		return p.strange("idpsync_run")
	}
	r.SettledBy = settled.By
	return nil
}

func (p *pgPool) Run(ctx context.Context, id string) (*Run, error) {
	runs, err := p.runs(ctx, `r.id = $2`, id)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, &NoRunError{id}
	}
	return runs[0], nil
}

func (p *pgPool) Unfinished(ctx context.Context) ([]*Run, error) {
	return p.runs(ctx, `not r.finished`)
}

// runs reads whole runs, the oldest first, in three statements however many
// there are. The order of the statements lets a run that goes on look younger
// than it is, never older: a step that is there has its run.
func (p *pgPool) runs(ctx context.Context, which string, args ...any) ([]*Run, error) {
	args = append([]any{p.id}, args...)
	var runs []*Run
	byID := map[string]*Run{}
	err := p.read(ctx, func(row [][]byte) error {
		r := &Run{}
		if err := p.takeRun(r, row); err != nil {
			return err
		}
		runs = append(runs, r)
		byID[string(row[0])] = r
		return nil
	}, `select `+runColumns+` from idpsync_run r where r.pool = $1 and `+which+` order by r.epoch, r.seq`, args...)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	err = p.read(ctx, func(row [][]byte) error {
		r := byID[string(row[0])]
		if r == nil {
			return nil
		}
		return p.takeStep(r, row[1], row[2])
	}, `select s.run, s.intent, s.outcome from idpsync_step s join idpsync_run r on r.pool = s.pool and r.id = s.run
		where r.pool = $1 and `+which+` order by s.run, s.n`, args...)
	if err != nil {
		return nil, err
	}
	err = p.read(ctx, func(row [][]byte) error {
		if r := byID[string(row[0])]; r != nil {
			r.Overrides = append(r.Overrides, Override{Guard: string(row[1]), Reason: string(row[2])})
		}
		return nil
	}, `select o.run, o.guard, o.reason from idpsync_override o join idpsync_run r on r.pool = o.pool and r.id = o.run
		where r.pool = $1 and `+which+` order by o.seq`, args...)
	return runs, err
}

func (p *pgPool) takeStep(r *Run, intent, outcome []byte) error {
	var line intentLine
	if json.Unmarshal(intent, &line) != nil {
		return p.strange("idpsync_step")
	}
	key, err := model.ParseKey(line.Key)
	if err != nil {
		return p.strange("idpsync_step")
	}
	line.Entry.Key = key
	s := Step{N: line.N, Entry: line.Entry}
	if outcome != nil {
		s.Outcome = &Outcome{}
		if json.Unmarshal(outcome, s.Outcome) != nil {
			return p.strange("idpsync_step")
		}
	}
	r.Steps = append(r.Steps, s)
	return nil
}
