package reconcile

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

// counted counts how often objects are written to a ledger.
type counted struct {
	ledger.Writer
	saves int
}

func (c *counted) Save(ctx context.Context, objects ...ledger.Object) error {
	if len(objects) > 0 {
		c.saves++
	}
	return c.Writer.Save(ctx, objects...)
}

// TestKeeperGathers: objects that come one by one are written a moment's worth at
// a time, all of them, and the end of a run waits for no moment. The sleeps are of
// the bubble's clock: no time passes.
func TestKeeperGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := ledger.Open("file:"+t.TempDir(), "", ledger.Options{})
		check(t, err)
		w, err := l.Pool(pool).Lock(t.Context(), ledger.Here("r1", time.Now()))
		check(t, err)
		c := &counted{Writer: w}
		k := newKeeper(t.Context(), c)
		const objects = 100
		for i := range objects {
			k.save(ledger.Object{Key: model.Key{Kind: model.Application, Name: fmt.Sprint(i)}, ID: fmt.Sprint(i)})
			time.Sleep(time.Millisecond)
		}
		begin := time.Now()
		check(t, k.close())
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("the end waited %v", waited)
		}
		check(t, w.Release())
		kept, err := l.Pool(pool).Objects(t.Context())
		check(t, err)
		if len(kept) != objects {
			t.Errorf("%d objects are in the ledger, want %d", len(kept), objects)
		}
		if most := int(objects*time.Millisecond/gather) + 2; c.saves > most {
			t.Errorf("they were written in %d goes, want %d at most", c.saves, most)
		}
	})
}
