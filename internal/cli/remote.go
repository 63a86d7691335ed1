package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// The wall between reconcile and remote is crossed here alone.
var (
	_ reconcile.Remote = (*remote.Client)(nil)
	_ apply.Target     = (*remote.Client)(nil)
)

// pool is the remote side of a target. Nothing is started, locked or asked for
// before Open, which a pass calls once the files are known to be good.
type pool struct {
	reconcile.Remote // nil before Open
	app              *app
	project          *config.Project
	target           *config.Target
	parallelism      int
	maxRPS           *float64 // what the flag said
	embedded         *runningSandbox
	progress         *progress // nil: nobody watches
	// home keeps what the target remembers; "" is the project's folder. Files that
	// come and go with every commit must not hold it.
	home string
	// telemetry hears of requests; nil is nobody.
	telemetry *telemetry
}

func (p *pool) keptIn() string { return cmp.Or(p.home, p.project.Dir) }

// Open connects to the target's server, or starts the embedded sandbox.
func (p *pool) Open(ctx context.Context) error {
	cfg, err := p.config()
	if err != nil {
		return err
	}
	if cfg.Learnt, err = p.learnt(ctx, cfg.UserPoolID); err != nil {
		return err
	}
	client, err := remote.New(cfg)
	if err != nil {
		return err
	}
	p.Remote = client
	return p.nameTheKeys(client.Open(ctx))
}

// nameTheKeys adds, where the server does not take the credentials, which
// variables they came from: the remote side cannot know.
func (p *pool) nameTheKeys(err error) error {
	var e *remote.Error
	if p.target.Sandbox != nil || !errors.As(err, &e) || e.StatusCode != http.StatusUnauthorized && e.StatusCode != http.StatusForbidden {
		return err
	}
	return &quit{code: Failure, err: err, hint: fmt.Sprintf("the key of target %s was read from %s", p.target.Name, strings.Join(p.keySources(e), " and "))}
}

// keySources says where the credentials stand that the server refused: V2 is
// opened by a secret of its own where the target names one.
func (p *pool) keySources(e *remote.Error) []string {
	t := p.target
	if own := t.UserPoolSecret.Name; own != "" && (t.API == remote.OnlyV2 || strings.Contains(e.Path, "/api/v2/")) {
		return []string{own}
	}
	id := t.AccessKeyID.Name
	if id == "" {
		id = "accessKeyId in " + config.ProjectFile
	}
	return []string{id, t.AccessKeySecret.Name}
}

// close ends the embedded sandbox.
func (p *pool) close() error {
	if p.embedded == nil {
		return nil
	}
	return p.embedded.end()
}

func (p *pool) config() (remote.Config, error) {
	t := p.target
	cfg := remote.Config{
		Host: t.Host, CoreHost: t.CoreHost, API: t.API, UserPoolID: t.UserPoolID, AllowHTTP: t.AllowHTTP != "", CAFile: t.CAFile,
		Parallelism: p.parallelism, MaxRPS: p.requestsPerSecond(), Settle: p.settle(),
		SecretPath: p.project.Catalog().Secret, Traits: t.Traits,
		Lang: p.app.flags.lang, UserAgent: thisBuild().userAgent(), Log: p.app.log, Reading: p.progress.reading,
		Wrap: p.telemetry.wrap(t.Name), Retried: p.telemetry.retried(t.Name),
	}
	if cfg.CAFile != "" && !filepath.IsAbs(cfg.CAFile) {
		cfg.CAFile = filepath.Join(p.project.Dir, filepath.FromSlash(cfg.CAFile))
	}
	if t.Sandbox != nil {
		return p.startEmbedded(cfg)
	}
	return p.withCredentials(cfg)
}

// startEmbedded serves the sandbox of the project folder to this process.
func (p *pool) startEmbedded(cfg remote.Config) (remote.Config, error) {
	s, err := p.app.startSandbox(sandbox.Options{
		DataDir: filepath.Join(p.keptIn(), ".idpsync", "sandbox"), Dialect: p.target.Sandbox.Dialect, NoControl: true,
	}, "127.0.0.1:0")
	if err != nil {
		return cfg, err
	}
	p.embedded = s
	c := s.sandbox.Credentials()
	cfg.Host, cfg.UserPoolID = s.url(), c.UserPoolID
	cfg.CoreHost, cfg.AccessKeyID, cfg.AccessKeySecret = cfg.Host, c.AccessKeyID, model.SecretValue("sandbox", c.AccessKeySecret)
	return cfg, nil
}

// withCredentials takes them from the variables that the target names. All
// that are missing are told at once. The V2 API needs no access key where the
// target names the secret of the pool.
func (p *pool) withCredentials(cfg remote.Config) (remote.Config, error) {
	var missing []diagnostic.Diagnostic
	get := func(what string, ref config.EnvRef) string {
		v, set := p.app.env.LookupEnv(ref.Name)
		if v == "" {
			path, why := "targets."+p.target.Name+".credentials."+what, "secret.unset"
			if set {
				why = "secret.blank"
			}
			d := diagnostic.Diagnostic{Code: "IDP0116", Severity: diagnostic.Error, Message: diagnostic.T(why, path, ref.Name)}
			d.File, d.Range, d.Pointer = p.project.LocateTarget(p.target.Name, "credentials."+what)
			missing = append(missing, d)
		}
		return v
	}
	t := p.target
	if own := t.UserPoolSecret; own.Name != "" && t.API != remote.OnlyV3 {
		cfg.UserPoolSecret = model.SecretValue("env:"+own.Name, get("userPoolSecret", own))
	}
	if t.API != remote.OnlyV2 || t.UserPoolSecret.Name == "" {
		if cfg.AccessKeyID = t.AccessKeyID.Value; cfg.AccessKeyID == "" {
			cfg.AccessKeyID = get("accessKeyId", t.AccessKeyID)
		}
		cfg.AccessKeySecret = model.SecretValue("env:"+t.AccessKeySecret.Name, get("accessKeySecret", t.AccessKeySecret))
	}
	if len(missing) > 0 {
		return cfg, &diagnosed{missing}
	}
	return cfg, nil
}

// requestsPerSecond: the flag, else the target, else spec 7's default.
func (p *pool) requestsPerSecond() float64 {
	switch {
	case p.maxRPS != nil:
		return *p.maxRPS
	case p.target.MaxRPS != nil:
		return *p.target.MaxRPS
	case p.target.Sandbox != nil:
		return 0
	}
	return 50
}

// settle: a sandbox shows at once what was written, unless it is told to lag.
func (p *pool) settle() time.Duration {
	if s := p.target.Sandbox; s != nil {
		if lag := s.Dialect["stale-reads"]; lag == "" || lag == "0ms" {
			return 0
		}
	}
	return p.target.Settle
}

// host names the server in plans and results. The embedded sandbox has another
// address in each run, and its name is the same in all of them.
func (p *pool) host() string {
	if p.target.Sandbox != nil {
		return "sandbox"
	}
	if c, ok := p.Remote.(*remote.Client); ok && c.SpeaksV2() {
		return p.target.CoreHost
	}
	return p.target.Host
}

// explain gives the code of an error and the server's id of its request.
func explain(err error) (code, requestID string) {
	var e *remote.Error
	if errors.As(err, &e) {
		requestID = e.RequestID
		switch {
		case e.Unavailable():
			code = "IDP0501"
		case e.NotStored():
			code = "IDP0503"
		}
	}
	var c interface{ Code() string }
	if errors.As(err, &c) {
		code = c.Code()
	}
	return code, requestID
}
