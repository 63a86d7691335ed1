package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// keeping puts into the ledger what a run did, while it does it. A nil one keeps
// nothing.
type keeping struct {
	*keeper
	*recorder
	// saved are the ids under which this run kept what it did.
	saved map[model.Key]string
}

func (p *Pass) keeping(ctx context.Context, o ApplyOptions) *keeping {
	if p.memory.writerOrNil() == nil {
		return nil
	}
	now := o.now().UTC()
	return &keeping{newKeeper(ctx, p.memory.writer), newRecorder(p, func() time.Time { return now }), make(map[model.Key]string, len(p.Plan.Changes))}
}

// event keeps a step that is done: an object's id must not be lost when the next
// moment ends the process.
func (k *keeping) event(e apply.Event) {
	if k == nil || e.Status != apply.Done {
		return
	}
	switch {
	case e.Half == plan.Remove:
	case e.Change.Action == plan.Delete:
		k.forget(k.pass.memory.fallen(e.Change.Key)...)
	default:
		if o, ok := k.record(e.Change.Key, e.ID); ok {
			k.saved[o.Key] = o.ID
			k.save(o)
		}
	}
}

// finish keeps what the end of a run tells: what was not kept, what is in doubt,
// what was there already and is as declared, and what the server was seen to do.
func (k *keeping) finish(ctx context.Context, r Remote, out *Outcome) error {
	if k == nil {
		return nil
	}
	notKept := map[model.Key][]string{}
	for _, at := range out.NotKept {
		notKept[at.Key] = append(notKept[at.Key], at.Path)
	}
	if out.state != nil {
		for key, id := range k.saved {
			if o, news := k.after(key, id, notKept[key], out.state); news {
				k.save(o)
			}
		}
	}
	k.save(k.doubtful(out.Result)...)
	records, gone := k.adopted()
	k.save(records...)
	for key, id := range k.saved {
		if before, renamed := k.pass.memory.renamed(key, id); renamed {
			gone = append(gone, before)
		}
	}
	k.forget(gone...)
	var learning error
	if learnt := r.Learnt(); len(learnt) > 0 {
		learning = k.pass.memory.pool.LearnTraits(context.WithoutCancel(ctx), learnt, k.now())
	}
	return errors.Join(k.close(), learning)
}

// doubtful lists the records of what is not as declared and was, or may have
// been, written: no value of it that the server does not show is known any more.
func (k *keeping) doubtful(res *apply.Result) []ledger.Object {
	var out []ledger.Object
	for _, o := range res.Outcomes {
		if o.Status != apply.Unknown && (o.Status != apply.Failed || len(o.PartsDone) == 0) || o.Change.To == nil {
			continue
		}
		id := o.ID
		if id == "" && o.Change.From != nil && o.Change.Action == plan.Update {
			id = o.Change.From.ID
		}
		record, ok := k.record(o.Change.Key, id)
		if !ok || id == "" {
			continue
		}
		record.Applied = ledger.Remember(inDoubt, nil)
		out = append(out, record)
	}
	return out
}
