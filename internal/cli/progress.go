package cli

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is the bars below what a command says while it reads or applies. It
// is there on a terminal only; a nil one does nothing. Whatever is written to
// stderr meanwhile goes above the bars, so that lines and bars never mix, and
// nothing of the bars is left behind.
type progress struct {
	err  *lockedWriter
	bars *mpb.Progress

	mu     sync.Mutex
	byName map[string]*mpb.Bar
	ended  bool
}

// barsAfter is how long a thing lasts before it is worth a bar.
const barsAfter = 300 * time.Millisecond

// progress starts the bars, or gives none where stderr is no terminal.
func (a *app) progress() *progress {
	err, ok := a.err.(*lockedWriter)
	if !ok || !a.env.Terminal(beneath(err)) {
		return nil
	}
	screen, ok := beneath(err).(*os.File)
	if !ok {
		return nil
	}
	shown := make(chan struct{})
	time.AfterFunc(barsAfter, func() { close(shown) })
	return newProgress(err, screen, mpb.WithRenderDelay(shown))
}

func newProgress(err *lockedWriter, screen io.Writer, o ...mpb.ContainerOption) *progress {
	o = append([]mpb.ContainerOption{mpb.WithOutput(screen), mpb.WithWidth(40), mpb.WithRefreshRate(150 * time.Millisecond)}, o...)
	p := &progress{err: err, bars: mpb.New(o...), byName: map[string]*mpb.Bar{}}
	err.divert(p.bars)
	return p
}

// tell moves the bar of that name, which appears when it is first told of.
func (p *progress) tell(name string, done, total int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	b := p.byName[name]
	if b == nil {
		b = p.bars.AddBar(int64(total), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(name+" "), decor.CountersNoUnit("%d / %d")),
			mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s "), decor.AverageETA(decor.ET_STYLE_GO)))
		p.byName[name] = b
	}
	b.SetTotal(int64(total), false) // more may become known, so it never ends by itself
	b.SetCurrent(int64(done))
}

// reading is told of the requests of a client.
func (p *progress) reading(done, total int) { p.tell("reading", done, total) }

// end takes the bars away; what is written from now on is written as ever.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	for _, b := range p.byName {
		b.Abort(true)
	}
	p.bars.Wait()
	p.err.divert(nil)
}
