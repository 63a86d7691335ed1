package packaging

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// TestServeChart: the chart of serve, and that its replicas start on a real
// PostgreSQL with the fleet file it makes. So do the values that docs/ci.md shows.
func TestServeChart(t *testing.T) {
	database := ledgertest.Start(t)
	judgeCharts(t, serveChart, func(t *testing.T, d *documents, values string) {
		judgeServe(t, d, values)
		startsServe(t, d.deployment.Spec.Template.Spec.Containers[0].Args, d, database.Database(t))
	})
	t.Run("page", func(t *testing.T) {
		values := shown(t, "sources")
		d := decode(t, render(t, tool(t, "helm"), bare(t), serveChart, "-f", values))
		judgePod(t, d)
		judgeServe(t, d, read(t, values))
		startsServe(t, d.deployment.Spec.Template.Spec.Containers[0].Args, d, database.Database(t))
	})
}

// judgeServe looks at what keeps a fleet looked after while pods come and go.
func judgeServe(t *testing.T, d *documents, values string) {
	t.Helper()
	s := d.deployment.Spec
	if s.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || s.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 {
		t.Error("an update takes replicas away before there are new ones")
	}
	if off := strings.Contains(values, "podDisruptionBudget: {enabled: false}"); (d.disruption == nil) != off {
		t.Errorf("off %v, and the budget is %v", off, d.disruption)
	}
	if d.disruption != nil && d.disruption.Spec.MaxUnavailable.IntValue() != 1 {
		t.Error("a drain may take more than one replica")
	}
	for _, spread := range s.Template.Spec.TopologySpreadConstraints {
		for name, value := range spread.LabelSelector.MatchLabels {
			if s.Template.Labels[name] != value {
				t.Errorf("what is spread by %s has no label %s=%s", spread.TopologyKey, name, value)
			}
		}
	}
	from := variable(s.Template.Spec.Containers[0], "IDPSYNC_DATABASE")
	if from == nil || from.SecretKeyRef == nil || from.SecretKeyRef.Name == "" || from.SecretKeyRef.Key == "" {
		t.Error("the URL of the database is no Secret")
	}
	for _, v := range s.Template.Spec.Volumes {
		if v.PersistentVolumeClaim != nil || v.HostPath != nil {
			t.Errorf("the volume %s would tie a replica to a place", v.Name)
		}
	}
	if d.policy != nil && !reaches(d.policy, 6432) {
		t.Error("no egress to the port of the database")
	}
}

func variable(c corev1.Container, name string) *corev1.EnvVarSource {
	for _, v := range c.Env {
		if v.Name == name {
			return v.ValueFrom
		}
	}
	return nil
}

func reaches(policy *networkingv1.NetworkPolicy, port int) bool {
	for _, rule := range policy.Spec.Egress {
		for _, p := range rule.Ports {
			if p.Port.IntValue() == port && len(rule.To) > 0 {
				return true
			}
		}
	}
	return false
}

// TestServeChartRefuses: as TestChartRefuses.
func TestServeChartRefuses(t *testing.T) {
	judgeRefusals(t, serveChart, "git-values.yaml", map[string][]string{
		"database.existingSecret: want the name":                   {"--set", "database.existingSecret="},
		"auth.existingSecret: want the name":                       {"--set", "auth.existingSecret="},
		"/replicas":                                                {"--set", "replicas=0"},
		"/workers":                                                 {"--set", "workers=0"},
		"/database":                                                {"--set", "database.url=postgres://u:hunter2@db/x"},
		"/sources/main/git/url":                                    {"--set", "sources.main.git.url=https://user:hunter2@git.example.com/x.git"},
		"/sources/main/git/ref":                                    {"--set", "sources.main.git.ref=--upload-pack=x"},
		"/sources/main/git/path":                                   {"--set", "sources.main.git.path=/etc"},
		"additional properties 'token'":                            {"--set", "sources.main.git.token=x"},
		"sources.main: give exactly one of":                        {"--set", "sources.main.existingConfigMap=x"},
		"sources.none: give exactly one of":                        {"--set", "sources.none.existingConfigMap="},
		"sources.small.files: there is no idpsync.yaml":            {"--set", "sources.small.files.a\\.yaml=x"},
		"sources.customers.git: with existingFleet the fleet file": {"--set", "existingFleet=x", "--set", "targets=null"},
		"targets: with existingFleet":                              {"--set", "existingFleet=x"},
		"targets: there are none":                                  {"--set", "targets=null"},
		"/targets/0/mode":                                          {"--set", "targets[0].mode=yolo"},
		"/targets/0/interval":                                      {"--set", "targets[0].interval=5"},
		"/targets/0/maxRPS":                                        {"--set", "targets[0].maxRPS=0"},
		`targets[0].source: there is no "mian" among the sources (customers, main)`: {"--set", "targets[0].source=mian"},
		"targets[0]: give exactly one of target and match":                          {"--set", "targets[0].match=x"},
		"targets[2]: customers/prod is there twice, first as targets[1]":            {"--set-json", `targets[2]={"source": "customers", "target": "prod"}`},
		"/extraArgs/0": {"--set", "extraArgs[0]=-x"},
		"'Sources'":    {"--set", "Sources.x.existingConfigMap=x"},
	})
}

// TestServeChartKeepsText: as TestChartKeepsText, and what the values say is what
// the fleet file says.
func TestServeChartKeepsText(t *testing.T) {
	helm := tool(t, "helm")
	values := filepath.Join(t.TempDir(), "values.yaml")
	text, err := yaml.Marshal(map[string]any{
		"sources":  map[string]any{"a-b": map[string]any{"files": map[string]string{"idpsync.yaml": "x", "a.yaml": hostile}}},
		"targets":  []any{map[string]any{"source": "a-b", "match": hostile}, map[string]any{"source": "a-b", "target": "yes", "maxRPS": 1000000}},
		"database": map[string]any{"existingSecret": "x"}, "auth": map[string]any{"existingSecret": "x"},
	})
	if err != nil || os.WriteFile(values, text, 0o644) != nil {
		t.Fatal(err)
	}
	d := decode(t, render(t, helm, bare(t), serveChart, "-f", values))
	if config := d.configs["serve-idpsync-serve-source-a-b"]; config == nil || config.Data["a.yaml"] != hostile {
		t.Errorf("the file became %q", config)
	}
	var fleet struct {
		Sources []struct{ Name, Dir string }
		Targets []struct {
			Source, Target, Match string
			MaxRPS                float64
		}
	}
	if err := yaml.Unmarshal([]byte(d.configs["serve-idpsync-serve-fleet"].Data["fleet.yaml"]), &fleet); err != nil {
		t.Fatal(err)
	}
	if s := fleet.Sources; len(s) != 1 || s[0].Dir != "/config/a-b" || !slices.ContainsFunc(d.deployment.Spec.Template.Spec.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == s[0].Dir }) {
		t.Errorf("the sources became %+v", s)
	}
	if g := fleet.Targets; len(g) != 2 || g[0].Match != hostile || g[1].Target != "yes" || g[1].MaxRPS != 1000000 {
		t.Errorf("the targets became %+v", g)
	}
}
