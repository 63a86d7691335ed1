package config

import (
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

// Project is idpsync.yaml with every document below it.
type Project struct {
	// Dir is the folder of idpsync.yaml, as Load was told.
	Dir           string
	DefaultTarget string
	Targets       map[string]*Target
	// Policy holds the project's own values; Target.Policy is what counts.
	Policy    Policy
	Lint      map[string]string // code -> error | warn | off
	Ignore    []IgnoreRule
	Ledger    string // "" when none is named
	AllowExec bool
	Include   []string
	Exclude   []string

	making      sync.Mutex // held by Desired
	catalog     *schema.Catalog
	targetNames []string // in the order of the file
	root        *node    // idpsync.yaml; nil when it cannot be read
	documents   []*document
	// nameless documents declare no object; all that can be checked of them is.
	nameless   []*document
	patches    []*patch
	doubts     doubts
	vocabulary sync.Pool // of *vocabulary
}

// Target is one user pool, or an embedded sandbox, with everything that
// idpsync.yaml says about it and the defaults filled in.
type Target struct {
	Name    string
	Sandbox *SandboxTarget // nil for a real server
	// Host and CoreHost are the base URLs of V3 and V2 without a final slash.
	Host, CoreHost string
	API            string // auto | v2 | v3
	UserPoolID     string
	// The names of the variables that hold the credentials.
	AccessKeyID, AccessKeySecret, UserPoolSecret EnvRef
	Vars                                         map[string]any
	Pin                                          map[model.Key]string
	// CAFile is as written; relative to the project folder.
	CAFile string
	// AllowHTTP is the reason why plain HTTP is accepted; "" when it is not.
	AllowHTTP string
	Settle    time.Duration
	MaxRPS    *float64 // nil: not said
	Policy    Policy
	Ignore    []IgnoreRule // the project's and its own
	Ledger    string
	Traits    map[string]string
}

// SandboxTarget is the embedded sandbox.
type SandboxTarget struct{ Dialect map[string]string }

// EnvRef names an environment variable; the zero EnvRef names none. An access
// key's id may stand in the file itself: then Value holds it.
type EnvRef struct{ Name, Value string }

// The variables that hold credentials unless a target names others.
const (
	DefaultAccessKeyID     = "IDPSYNC_ACCESS_KEY_ID"
	DefaultAccessKeySecret = "IDPSYNC_ACCESS_KEY_SECRET"
)

// Policy is what may be deleted and compared.
type Policy struct {
	Prune             string // off | owned | all
	MaxDeletes        int
	MaxDeletePercent  float64
	Protect           []string // globs of keys
	UncomparedSecrets string   // keep | push
}

// defaultPolicy is the one of spec 2.
func defaultPolicy() Policy {
	return Policy{Prune: "off", MaxDeletes: 5, MaxDeletePercent: 20, UncomparedSecrets: "keep"}
}

// IgnoreRule leaves a path of some objects alone.
type IgnoreRule struct {
	Match  []string // globs of keys
	Path   []string // dotted paths
	Reason string
	Until  time.Time // zero: for ever; else the last day it holds, at 0:00 UTC
}

// defaultSettle is how long reads may disagree with a write (spec 7).
const defaultSettle = 10 * time.Second

// TargetNames lists the targets in the order of idpsync.yaml.
func (p *Project) TargetNames() []string { return append([]string(nil), p.targetNames...) }

// Catalog is the schemas that the project's files are checked against: those
// Load was given, with the project's own templates over them.
func (p *Project) Catalog() *schema.Catalog { return p.catalog }
