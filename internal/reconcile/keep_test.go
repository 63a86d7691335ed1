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

// counted is a ledger that counts what it is given.
type counted struct {
	ledger.Writer
	saves, objects int
}

func (c *counted) Save(_ context.Context, objects ...ledger.Object) error {
	if len(objects) > 0 {
		c.saves, c.objects = c.saves+1, c.objects+len(objects)
	}
	return nil
}

func (c *counted) Forget(context.Context, ...model.Key) error { return nil }

// TestKeeperGathers: objects that come one by one are written a moment's worth at
// a time, and the end of a run waits for no moment.
func TestKeeperGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &counted{}
		k := newKeeper(t.Context(), w)
		const objects = 100
		for i := range objects {
			k.save(ledger.Object{Key: model.Key{Kind: model.Application, Name: fmt.Sprint(i)}})
			time.Sleep(time.Millisecond)
		}
		begin := time.Now()
		if err := k.close(); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("the end waited %v", waited)
		}
		if w.objects != objects {
			t.Errorf("%d objects were saved, want %d", w.objects, objects)
		}
		if most := int(objects*time.Millisecond/gather) + 2; w.saves > most {
			t.Errorf("they were saved in %d goes, want %d at most", w.saves, most)
		}
	})
}
