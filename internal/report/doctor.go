package report

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Doctor is what was found out about one tenant. It is made to be sent to
// strangers: it holds no secret, no name, no id, no address and no words of the
// server. What only the owner should read is kept out of JSON.
type Doctor struct {
	Header
	Tool   string       `json:"tool"`
	Target DoctorTarget `json:"target"`
	// Probed tells that scratch objects were made.
	Probed  bool          `json:"probed"`
	Checks  []DoctorCheck `json:"checks"`
	Traits  []DoctorTrait `json:"traits"`
	Scratch DoctorScratch `json:"scratch"`
}

// DoctorTarget tells of the pool what a stranger may know.
type DoctorTarget struct {
	// Deployment is sandbox, authing, genauth, loopback or private.
	Deployment string `json:"deployment"`
	// API is which generations the target asks for: auto, v2 or v3.
	API string `json:"api"`
	// Fingerprint is the same for two documents about one pool, and tells nothing
	// else about it.
	Fingerprint string `json:"fingerprint"`
	// Owner names the target to its owner.
	Owner Target `json:"-"`
}

// DoctorCheck is one thing that was looked at.
type DoctorCheck struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ok, warning, failed or skipped
	// The figures of the server's answer, when it was not a good one.
	HTTPStatus int    `json:"httpStatus,omitempty"`
	StatusCode int    `json:"statusCode,omitempty"`
	APICode    string `json:"apiCode,omitempty"`
	// SkewSeconds is the server's clock less ours, for the clock alone.
	SkewSeconds *int `json:"skewSeconds,omitempty"`
	// Message and Hint are for the owner: they may hold names.
	Message string `json:"-"`
	Hint    string `json:"-"`
}

// DoctorTrait is what a tenant shows of one switch.
type DoctorTrait struct {
	Name  string `json:"name"`
	Value string `json:"value"` // "" when nobody knows
	// Source is read, probe, ledger, pinned or unknown.
	Source string `json:"source"`
	// Pinned is what the target pins, if it does.
	Pinned string `json:"pinned,omitempty"`
	// Reason tells why it is not known.
	Reason string `json:"reason,omitempty"`
	// Follows tells what it means for the user.
	Follows string `json:"follows"`
}

// DoctorScratch counts the scratch objects of earlier probes.
type DoctorScratch struct {
	Found   int `json:"found"`
	Removed int `json:"removed"`
}

// NewDoctor completes the document: its header, and what follows from each trait.
func NewDoctor(d Doctor) *Doctor {
	d.Header = NewHeader("doctor")
	d.Checks, d.Traits = list(d.Checks), list(d.Traits)
	for i := range d.Traits {
		t := &d.Traits[i]
		t.Follows = follows(t.Name, cmp.Or(t.Value, t.Pinned))
	}
	return &d
}

// ReadDoctor reads what JSON wrote.
func ReadDoctor(r io.Reader) (*Doctor, error) {
	var d Doctor
	if err := read(r, "doctor", &d, &d.Header); err != nil {
		return nil, err
	}
	return &d, nil
}

// Text writes the checks, the traits with what follows, and what became of
// scratch objects.
func (d *Doctor) Text(w io.Writer, s Style) error {
	p := newPrinter(w, s)
	if o := d.Target.Owner; o.Host != "" {
		p.line(p.say("Target %s: pool %s at %s", clean(o.Name), clean(cmp.Or(o.UserPoolID, p.told("unknown"))), clean(o.Host)))
		p.line()
	}
	p.line(p.paint(strong, p.say("Checks")))
	for _, c := range d.Checks {
		p.check(c)
	}
	p.traits(d.told())
	p.scratch(d.Scratch)
	p.line()
	p.line(d.summary(s))
	return p.end()
}

var verdicts = map[string]tone{"ok": good, "warning": careful, "failed": bad, "skipped": faint}

func (p *printer) check(c DoctorCheck) {
	p.put("  ", p.paint(verdicts[c.Status], padRight(clean(p.told(c.Status)), len("skipped"))), "  ", clean(p.told(c.Name)))
	if c.SkewSeconds != nil {
		p.put(p.Colon(), p.say("%+d s against this machine", *c.SkewSeconds))
	}
	if c.Message != "" {
		p.put(p.Colon(), clean(p.told(c.Message)))
	}
	const indent = len("  skipped  ")
	p.hang = indent + 2
	p.line()
	if c.Hint != "" {
		p.hang = indent + 2
		p.line(strings.Repeat(" ", indent), p.hint(), clean(p.told(c.Hint)))
	}
}

// closed tells that the server was not let in to: what is not known then has no
// reason of its own.
func (d *Doctor) closed() bool {
	return !d.Probed && slices.ContainsFunc(d.Checks, func(c DoctorCheck) bool {
		return c.Status == "failed" && (c.Name == "host" || c.Name == "credentials")
	})
}

// told are the traits worth a line.
func (d *Doctor) told() []DoctorTrait {
	if !d.closed() {
		return d.Traits
	}
	return slices.DeleteFunc(slices.Clone(d.Traits), func(t DoctorTrait) bool { return t.Source == "unknown" })
}

func (p *printer) traits(all []DoctorTrait) {
	if len(all) == 0 {
		return
	}
	longest := 0
	for _, t := range all {
		longest = max(longest, width(clean(t.Name)))
	}
	p.line()
	p.line(p.paint(strong, p.say("What this tenant shows")), " ", p.paint(faint, p.say("(docs/sandbox.md explains the names, under Switches)")))
	for _, t := range all {
		p.trait(t, longest)
	}
}

// trait writes one switch on a line of its own, and below it what follows.
func (p *printer) trait(t DoctorTrait, longest int) {
	value, source := t.Value, p.told(t.Source)
	if value == "" {
		value = p.told("unknown")
	}
	if t.Pinned != "" && t.Pinned != t.Value {
		source += p.say(", but the target pins %s", t.Pinned)
	}
	line := clean(value)
	if t.Source != "unknown" || t.Pinned != "" && t.Pinned != t.Value {
		line += " (" + clean(source) + ")"
	}
	if t.Pinned != "" && t.Pinned != t.Value && t.Value != "" {
		line = p.paint(careful, line)
	}
	p.line("  ", padRight(clean(t.Name), longest), "  ", line)
	if t.Reason != "" {
		p.line("      ", p.paint(faint, clean(p.told(t.Reason))))
	}
	if t.Follows != "" {
		p.line("      ", p.paint(faint, clean(p.told(t.Follows))))
	}
}

func (p *printer) scratch(s DoctorScratch) {
	switch {
	case s.Found == 0:
	case s.Removed == s.Found:
		p.line()
		p.line(p.say("Scratch objects of an earlier probe were found and removed: %d.", s.Found))
	default:
		p.line()
		p.line(p.say("Scratch objects of an earlier probe were found: %d, of which %d were removed.", s.Found, s.Removed))
	}
}

// summary is the last line: what is wrong, and how much is not known.
func (d *Doctor) summary(in Style) string {
	failed, unknown := 0, 0
	for _, c := range d.Checks {
		if c.Status == "failed" {
			failed++
		}
	}
	for _, t := range d.Traits {
		if t.Source == "unknown" {
			unknown++
		}
	}
	var parts []string
	if failed > 0 {
		parts = append(parts, in.say("%s failed.", in.told(counted(failed, "check"))))
	} else {
		parts = append(parts, in.say("No check failed."))
	}
	if unknown > 0 && !d.closed() {
		switches := in.told(counted(unknown, "switch"))
		if d.Probed {
			parts = append(parts, in.say("%s unknown.", switches))
		} else {
			parts = append(parts, in.say("%s unknown; --probe tries them on scratch objects.", switches))
		}
	}
	return strings.Join(parts, " ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "ch") {
		return strconv.Itoa(n) + " " + what + "es"
	}
	return strconv.Itoa(n) + " " + what + "s"
}
