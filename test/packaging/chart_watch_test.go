package packaging

import (
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

// TestChart: the chart of watch, and that idpsync takes its command line.
func TestChart(t *testing.T) {
	judgeCharts(t, watchChart, judgeWatch)
}

func judgeWatch(t *testing.T, d *documents, _ string) {
	if *d.deployment.Spec.Replicas != 1 || d.deployment.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Error("two pods could write at once")
	}
	startsWatch(t, d.deployment.Spec.Template.Spec.Containers[0].Args)
}

// TestChartRefuses: values that could not work, or would put a secret where it
// does not belong, are refused with a reason.
func TestChartRefuses(t *testing.T) {
	judgeRefusals(t, watchChart, "git-values.yaml", map[string][]string{
		"give exactly one of":            {"--set", "source.existingConfigMap=x"},
		"want the name of a Secret":      {"--set", "auth.existingSecret="},
		"/mode":                          {"--set", "mode=yolo"},
		"/interval":                      {"--set", "interval=5"},
		"additional properties":          {"--set", "source.git.token=hunter2"},
		"/source/git/url":                {"--set", "source.git.url=https://user:hunter2@git.example.com/x.git"},
		"/source/git/ref":                {"--set", "source.git.ref=--upload-pack=x"},
		"/notify/0":                      {"--set", "notify[0]=https://hooks.example.com/secret"},
		"/extraArgs/0":                   {"--set", "extraArgs[0]=-x"},
		"there is no idpsync.yaml":       {"--set", "source.git.url=", "--set", "source.files.a\\.yaml=x"},
		"ledger: file:/var/lib/idpsync/": {"--set", "source.git.url=", "--set", "source.files.idpsync\\.yaml=x"},
	})
}

// hostile is a text that YAML, templates and terminals may trip over.
const hostile = "# {{ .Values.x }} ---\n---\nkind: Secret\n\"\\\t': 员工 \u202e${x}\n\n"

// TestChartKeepsText: file names and texts of any kind arrive as they are.
func TestChartKeepsText(t *testing.T) {
	helm := tool(t, "helm")
	values := filepath.Join(t.TempDir(), "values.yaml")
	text, err := yaml.Marshal(map[string]any{
		"source": map[string]any{"files": map[string]string{"idpsync.yaml": "ledger: file:/var/lib/idpsync/ledger\n", "a.yaml": hostile}},
		"auth":   map[string]any{"existingSecret": "x"}, "target": "prod",
	})
	if err != nil || os.WriteFile(values, text, 0o644) != nil {
		t.Fatal(err)
	}
	d := decode(t, render(t, helm, bare(t), watchChart, "-f", values))
	config := d.configs["watch-idpsync-watch-config"]
	if config == nil || config.Data["a.yaml"] != hostile {
		t.Errorf("the file became %q", config)
	}
}

// TestChartOfThePage: the values that docs/ci.md shows are ones that the chart takes.
func TestChartOfThePage(t *testing.T) {
	values := shown(t, "source")
	d := decode(t, render(t, tool(t, "helm"), bare(t), watchChart, "-f", values))
	judgePod(t, d)
	judgeWatch(t, d, "")
}
