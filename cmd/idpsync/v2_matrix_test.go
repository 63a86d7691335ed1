package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestSecondRoad leads the life of TestDialects by V2 calls alone, on a server
// without V3, under every value of every other switch and under every pair: all
// that V2 has a name for (contract 6.3) is made, changed, renamed, unset,
// replaced, disabled, deleted and pruned.
func TestSecondRoad(t *testing.T) {
	table := readAllowances(t)
	for i, d := range append(singles(), pairwise()...) {
		if d["v2"] == "off" {
			continue
		}
		d = maps.Clone(d)
		d["v3"] = "off"
		t.Run(fmt.Sprintf("%d,%s", i, d), func(t *testing.T) {
			t.Parallel()
			l := &lived{pool: newMatrixPool(t, d), table: table, files: files{}, open: map[string]bool{}, unseen: map[string]bool{}}
			l.liveByV2(t)
		})
	}
}

func (l *lived) liveByV2(t *testing.T) {
	for _, name := range []string{"CORP_SECRET", "CORP_SECRET_2", "WX_SECRET", "LARK_SECRET", "HUB_SECRET", "CRM_SECRET", "CRM_SECRET_2"} {
		l.pool.env[name] = "s3cret-of-" + strings.ToLower(name)
	}
	hand, all := l.pool.byHand(), files{}
	for _, p := range life {
		l.former = said(l.former, l.files)
		p.change(all)
		l.files = inV2(all)
		l.pool.write("objects.yaml", l.files.documents()...)
		if !l.apply(t, p) {
			return
		}
		l.compare(t, p.name)
		l.planAgain(t, p)
		if now := l.pool.byHand(); p.name != "prune" && now != hand {
			t.Errorf("%s: what no file names was %s\nand is %s", p.name, hand, now)
		}
	}
	for _, r := range l.pool.log() {
		if strings.HasPrefix(r.Path, "/api/v3/") && !strings.HasSuffix(r.Path, "/get-management-token") {
			t.Errorf("asked V3: %s", r)
		}
	}
}

// noV2Name are the fields of contract 5.1 and 5.2 that contract 6 has no name for.
var noV2Name = map[string][]string{
	"connection":  {"loginOnly"},
	"application": {"appType", "loginConfig", "registerConfig", "samlConfig", "casConfig", "ssoShowLaunchpad", "enablePermissionApply", "mfa"},
}

// inV2 is the files less what V2 has no name for.
func inV2(all files) files {
	out := files{}
	for key, doc := range all {
		doc = plain(doc).(object)
		kind, _, _ := strings.Cut(key, "/")
		spec := doc["spec"].(object)
		maps.DeleteFunc(spec, func(k string, _ any) bool { return slices.Contains(noV2Name[kind], k) })
		if branding, ok := spec["brandingConfig"].(object); ok {
			maps.DeleteFunc(branding, func(k string, _ any) bool { return k != "customCSS" })
		}
		out[key] = doc
	}
	return out
}
