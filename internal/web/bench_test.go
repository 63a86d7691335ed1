package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// many is a watch of that many objects, a tenth of them drifted.
func many(n int) *fakeWatch {
	f := &fakeWatch{}
	f.publish(func(s *reconcile.Status) {
		for i := range n {
			o := reconcile.ObjectStatus{Key: model.Key{Kind: model.Connection, Name: fmt.Sprintf("connection-%05d", i)}, State: reconcile.ObjectInSync, LastChange: noon}
			if i%10 == 0 {
				o.State, o.Why = reconcile.ObjectDrifted, "changed on the server: displayName"
			}
			s.Objects = append(s.Objects, o)
		}
	})
	return f
}

func BenchmarkPage(b *testing.B) {
	f := many(10_000)
	s, err := New(Options{Targets: []Target{{Name: "local", Status: f.status}}})
	if err != nil {
		b.Fatal(err)
	}
	for _, lang := range []string{"en", "zh-CN"} {
		b.Run(lang, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, "http://localhost/?lang="+lang, nil)
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				b.SetBytes(int64(w.Body.Len()))
			}
		})
	}
}

// BenchmarkUpdate is what one row that turned costs among ten thousand.
func BenchmarkUpdate(b *testing.B) {
	f := many(10_000)
	s, err := New(Options{Targets: []Target{{Name: "local", Status: f.status}}})
	if err != nil {
		b.Fatal(err)
	}
	st := &stream{server: s, target: s.single(), table: true, words: words{Lang: "en"}}
	for b.Loop() {
		st.has = s.seq(s.single().look(b.Context()))
		f.publish(func(s *reconcile.Status) { s.Objects[5].LastChange = s.Objects[5].LastChange.Add(time.Second) })
		if u := st.update(b.Context()); len(u.Rows) != 1 {
			b.Fatal(len(u.Rows))
		}
	}
}
