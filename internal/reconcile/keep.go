package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

// gather is how long a keeper waits after it has written: about what one fsync
// takes on a slow disk, and less than one request to a server far away. The
// journal knows what was done in between.
const gather = 20 * time.Millisecond

// keeper saves objects while a run goes on. What comes in while it writes, and a
// moment longer, is written together, so that a thousand objects do not cost a
// thousand waits.
type keeper struct {
	writer ledger.Writer
	mu     sync.Mutex
	saves  map[model.Key]ledger.Object
	drops  map[model.Key]bool
	err    error
	wake   chan struct{}
	// closing is closed when nothing more comes.
	closing, ended chan struct{}
}

func newKeeper(ctx context.Context, w ledger.Writer) *keeper {
	k := &keeper{writer: w, saves: map[model.Key]ledger.Object{}, drops: map[model.Key]bool{}, wake: make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		for range k.wake {
			k.flush(context.WithoutCancel(ctx))
			select {
			case <-time.After(gather):
			case <-k.closing:
			}
		}
	}()
	return k
}

// save puts an object in the place of what is known of its key, soon.
func (k *keeper) save(objects ...ledger.Object) {
	k.mu.Lock()
	for _, o := range objects {
		k.saves[o.Key] = o
		delete(k.drops, o.Key)
	}
	k.mu.Unlock()
	k.stir()
}

// forget drops keys, soon.
func (k *keeper) forget(keys ...model.Key) {
	k.mu.Lock()
	for _, key := range keys {
		k.drops[key] = true
		delete(k.saves, key)
	}
	k.mu.Unlock()
	k.stir()
}

func (k *keeper) stir() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *keeper) flush(ctx context.Context) {
	k.mu.Lock()
	saves, drops := k.saves, k.drops
	k.saves, k.drops = map[model.Key]ledger.Object{}, map[model.Key]bool{}
	k.mu.Unlock()
	objects := make([]ledger.Object, 0, len(saves))
	for _, key := range slices.SortedFunc(maps.Keys(saves), model.Key.Compare) {
		objects = append(objects, saves[key])
	}
	err := errors.Join(k.writer.Save(ctx, objects...), k.writer.Forget(ctx, slices.SortedFunc(maps.Keys(drops), model.Key.Compare)...))
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		k.err = err
	}
}

// close writes what is left. The error says why not all was kept.
func (k *keeper) close() error {
	if k == nil {
		return nil
	}
	k.stir()
	close(k.closing)
	close(k.wake)
	<-k.ended
	return k.err
}
