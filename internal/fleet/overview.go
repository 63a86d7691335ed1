package fleet

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// scan reads the answers of view.overview in their order.
func (o *Overview) scan(r pgx.BatchResults, f *Fleet) error {
	for _, one := range []func(pgx.BatchResults, *Fleet) error{o.scanReplicas, o.scanSources, o.scanLeader, o.scanQueue, o.scanDead, o.scanFile} {
		if err := one(r, f); err != nil {
			return err
		}
	}
	o.Troubles = f.troubles()
	return nil
}

// like tells that another one says the same, whenever it was read.
func (o *Overview) like(other *Overview) bool {
	a, b := *o, *other
	a.Read, b.Read = time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}

func (o *Overview) scanReplicas(r pgx.BatchResults, f *Fleet) error {
	rows, err := r.Query()
	if err != nil {
		return err
	}
	var one Replica
	var holds string
	_, err = pgx.ForEachRow(rows, []any{&one.ID, &one.Host, &one.PID, &one.Version, &one.Started, &one.Beat, &one.Gone, &holds}, func() error {
		one.Holds, one.Self = nil, one.ID == f.id
		_ = json.Unmarshal([]byte(holds), &one.Holds)
		o.Replicas = append(o.Replicas, one)
		return nil
	})
	return err
}

func (o *Overview) scanSources(r pgx.BatchResults, f *Fleet) error {
	rows, err := r.Query()
	if err != nil {
		return err
	}
	var one Source
	var checked pgtype.Timestamptz
	_, err = pgx.ForEachRow(rows, []any{&one.Name, &one.Version, &one.Error, &one.Hint, &one.Since, &checked}, func() error {
		one.Checked, one.Place, one.Stale = time.Time{}, "", nil
		if checked.InfinityModifier == pgtype.Finite {
			one.Checked = checked.Time
		}
		if s := f.source(one.Name); s != nil {
			one.Place = s.place
			s.mu.Lock()
			s.now = one.Version
			s.mu.Unlock()
		}
		for _, rep := range o.Replicas {
			if has := rep.Holds[one.Name]; !rep.Gone && has != "" && has != one.Version {
				one.Stale = append(one.Stale, rep.ID)
			}
		}
		o.Sources = append(o.Sources, one)
		return nil
	})
	return err
}

func (o *Overview) scanLeader(r pgx.BatchResults, _ *Fleet) error {
	rows, err := r.Query()
	if err != nil {
		return err
	}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		for i := range o.Replicas {
			o.Replicas[i].Leader = o.Replicas[i].ID == id
		}
		return nil
	})
	return err
}

func (o *Overview) scanQueue(r pgx.BatchResults, _ *Fleet) error {
	rows, err := r.Query()
	if err != nil {
		return err
	}
	var state string
	var n int
	var oldest time.Time
	_, err = pgx.ForEachRow(rows, []any{&state, &n, &oldest}, func() error {
		switch state {
		case "running":
			o.Running = n
		case "retryable":
			o.Retrying = n
		case "available":
			o.Oldest = oldest
			o.Waiting += n
		default:
			o.Waiting += n
		}
		return nil
	})
	return err
}

func (o *Overview) scanDead(r pgx.BatchResults, _ *Fleet) error { return r.QueryRow().Scan(&o.Dead) }

// scanFile hears which fleet file is in force.
func (o *Overview) scanFile(r pgx.BatchResults, f *Fleet) error {
	rows, err := r.Query()
	if err != nil {
		return err
	}
	var version string
	_, err = pgx.ForEachRow(rows, []any{&version}, func() error {
		f.self.mu.Lock()
		f.self.now = version
		f.self.mu.Unlock()
		return nil
	})
	return err
}
