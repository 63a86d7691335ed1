package remote

import (
	"fmt"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

// A pool of 10,000 applications, from bytes to state.
func BenchmarkState(b *testing.B) {
	c := &Client{cache: newCache(), names: newNames()}
	h := model.Handles{}
	for i := range 10_000 {
		t := portal()
		t["appId"], t["appIdentifier"] = fmt.Sprint("a", i), fmt.Sprint("app-", i)
		c.cache.apps.put(newV3(nil, testSecrets).applicationTree(t))
		h[model.ObjectID{Kind: model.Application, ID: fmt.Sprint("a", i)}] = model.Key{Kind: model.Application, Name: fmt.Sprint("h", i)}
	}
	b.ReportAllocs()
	for b.Loop() {
		c.State(h)
	}
}
