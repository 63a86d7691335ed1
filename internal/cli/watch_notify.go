package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/natefinch/atomic"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/notify"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// notifications tell endpoints what is new about a watch. A nil one tells nobody.
type notifications struct {
	app  *app
	home string
	to   *notify.Notifier
	room *reconcile.Newsroom
	file string
}

// notifiers reads the endpoints of --notify. What was told already is kept in
// .idpsync of the home folder, so that a restart tells nothing twice.
func (a *app) notifiers(values []string, home string) (*notifications, error) {
	if len(values) == 0 {
		return nil, nil
	}
	world := notify.World{LookupEnv: a.env.LookupEnv, ReadFile: a.smallFile}
	var endpoints []*notify.Endpoint
	var errs []error
	for _, v := range values {
		e, err := notify.Parse(v, world)
		if err != nil {
			errs = append(errs, usageOf("--notify", err))
			continue
		}
		endpoints = append(endpoints, e)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	n := &notifications{app: a, home: home}
	n.to = notify.Start(endpoints, notify.Options{Failed: a.warnOf, Now: a.env.Now})
	return n, nil
}

// smallFile reads a file that holds a URL, a secret or a template.
func (a *app) smallFile(name string) ([]byte, error) {
	f, err := os.Open(a.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 256 << 10
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if len(data) > most {
		return nil, errors.New(name + " is larger than 256 KiB")
	}
	return data, err
}

// tell passes on what is new. It never waits for an endpoint.
func (n *notifications) tell(s *reconcile.Status) {
	if n == nil || !s.Ready {
		return
	}
	if n.room == nil {
		n.recall(s)
	}
	news := n.room.Next(s)
	if news == reconcile.NoNews {
		return
	}
	n.to.Tell(n.app.message(news, s))
	n.keep()
}

// close gives the endpoints as long as the context to take what waits.
func (n *notifications) close(ctx context.Context) {
	if n != nil {
		n.to.Close(ctx)
	}
}

// toldDocument is what is kept of the drifts that were told.
type toldDocument struct {
	FormatVersion string   `json:"formatVersion"`
	Kind          string   `json:"kind"`
	Told          []string `json:"told"`
}

func (n *notifications) recall(s *reconcile.Status) {
	sum := sha256.Sum256([]byte(s.Target + "\x00" + s.UserPoolID))
	n.file = filepath.Join(n.home, ".idpsync", "told-"+hex.EncodeToString(sum[:6])+".json")
	var doc toldDocument
	// A file that is gone or damaged costs one message too many.
	if data, err := os.ReadFile(n.file); err != nil || json.Unmarshal(data, &doc) != nil {
		doc.Told = nil
	}
	n.room = reconcile.NewNewsroom(doc.Told)
}

func (n *notifications) keep() {
	if _, err := os.Stat(n.home); err != nil {
		return // the folder is gone for the moment, and not ours to make again
	}
	data, err := json.Marshal(toldDocument{"1.0", "idpsync.told", n.room.Told()})
	if err == nil {
		err = os.MkdirAll(filepath.Dir(n.file), 0o700)
	}
	if err == nil {
		err = atomic.WriteFile(n.file, bytes.NewReader(data))
	}
	if err != nil {
		n.app.warn("what was told is not kept, and will be told again after a restart: %v", err)
	}
}

// mostObjects is how many objects a message lists at all.
const mostObjects = 500

// message is what is told: names, paths and sentences, and no value.
func (a *app) message(news reconcile.News, s *reconcile.Status) notify.Message {
	say := func(format string, args ...any) string {
		return report.Clean(diagnostic.Say(a.lang(), format, args...))
	}
	m := notify.Message{
		Event: string(news), Time: a.env.Now().UTC(), Target: report.Clean(s.Target), Host: report.Clean(s.Host), UserPoolID: report.Clean(s.UserPoolID),
		Mode: string(s.Mode), Source: report.Clean(s.Source), Commit: s.Commit, Drift: s.Drift, Note: say("%s", s.Note),
		Title: say("idpsync: target %s drifts no more", s.Target),
	}
	m.MoreText = say("and %s more", "%d")
	if news != reconcile.Drifted {
		return m
	}
	drifted := 0
	for _, o := range s.Objects {
		if o.State != reconcile.ObjectDrifted {
			continue
		}
		if drifted++; drifted > mostObjects {
			m.More++
			continue
		}
		m.Objects = append(m.Objects, a.driftedObject(o))
	}
	m.Title = say("idpsync: target %s drifted (objects: %d)", s.Target, drifted)
	return m
}

func (a *app) driftedObject(o reconcile.ObjectStatus) notify.Object {
	out := notify.Object{Key: report.Clean(o.Key.String()), State: string(o.State), Why: report.Clean(a.told(o.Why))}
	for _, f := range o.Fields {
		path := f.Path
		if f.Key != o.Key {
			path = f.Key.String()
		}
		out.Paths = append(out.Paths, report.Clean(path))
	}
	return out
}
