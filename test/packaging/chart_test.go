package packaging

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

const chart = "deploy/helm/idpsync-watch"

// TestChart: each set of values passes helm's linter, gives documents that the
// types of Kubernetes take strictly, and a command line that idpsync takes.
func TestChart(t *testing.T) {
	helm := tool(t, "helm")
	env := bare(t)
	for _, values := range glob(t, chart+"/ci/*-values.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(values), "-values.yaml"), func(t *testing.T) {
			job{dir: root, env: env}.must(t, helm, "lint", "--strict", "--kube-version", "1.33.0", chart, "-f", values)
			d := decode(t, render(t, helm, env, "-f", values))
			judgeDeployment(t, d)
			text := read(t, values)
			if d.monitor != strings.Contains(text, "serviceMonitor: {enabled: true") || (d.policy != nil) != strings.Contains(text, "networkPolicy:") {
				t.Errorf("monitor %v, policy %v", d.monitor, d.policy != nil)
			}
		})
	}
}

func render(t *testing.T, helm string, env []string, args ...string) string {
	t.Helper()
	return job{dir: root, env: env}.must(t, helm, append([]string{"template", "watch", chart, "--kube-version", "1.33.0"}, args...)...)
}

type documents struct {
	deployment *appsv1.Deployment
	config     *corev1.ConfigMap
	claim      *corev1.PersistentVolumeClaim
	service    *corev1.Service
	account    *corev1.ServiceAccount
	policy     *networkingv1.NetworkPolicy
	monitor    bool
}

func decode(t *testing.T, rendered string) *documents {
	t.Helper()
	d := &documents{}
	for _, text := range regexp.MustCompile(`(?m)^---\n`).Split(rendered, -1) {
		kind := regexp.MustCompile(`(?m)^kind: (\S+)`).FindStringSubmatch(text)
		if kind == nil {
			continue
		}
		var into any
		switch kind[1] {
		case "Deployment":
			d.deployment = &appsv1.Deployment{}
			into = d.deployment
		case "ConfigMap":
			d.config = &corev1.ConfigMap{}
			into = d.config
		case "PersistentVolumeClaim":
			d.claim = &corev1.PersistentVolumeClaim{}
			into = d.claim
		case "Service":
			d.service = &corev1.Service{}
			into = d.service
		case "ServiceAccount":
			d.account = &corev1.ServiceAccount{}
			into = d.account
		case "NetworkPolicy":
			d.policy = &networkingv1.NetworkPolicy{}
			into = d.policy
		case "ServiceMonitor":
			d.monitor, into = true, &map[string]any{}
		default:
			t.Fatalf("the chart makes a %s", kind[1])
		}
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", kind[1], err)
		}
	}
	if d.deployment == nil || d.service == nil || d.account == nil {
		t.Fatal("the chart leaves out what every release has")
	}
	return d
}

// judgeDeployment looks at what keeps the pod harmless, and at its command line.
func judgeDeployment(t *testing.T, d *documents) {
	t.Helper()
	spec := d.deployment.Spec.Template.Spec
	c := spec.Containers[0]
	if *d.deployment.Spec.Replicas != 1 || d.deployment.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Error("two pods could write at once")
	}
	if *spec.AutomountServiceAccountToken || *d.account.AutomountServiceAccountToken {
		t.Error("the pod gets a token of the cluster")
	}
	if !*spec.SecurityContext.RunAsNonRoot || *c.SecurityContext.AllowPrivilegeEscalation || !*c.SecurityContext.ReadOnlyRootFilesystem ||
		!slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) || spec.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Error("the pod is not as restricted as it can be")
	}
	volumes, mounted := map[string]corev1.Volume{}, map[string]bool{}
	for _, v := range spec.Volumes {
		volumes[v.Name] = v
	}
	for _, m := range c.VolumeMounts {
		v, ok := volumes[m.Name]
		if !ok {
			t.Errorf("%s mounts no volume", m.MountPath)
		}
		if (v.Secret != nil || v.ConfigMap != nil) && !m.ReadOnly {
			t.Errorf("%s can be written to", m.MountPath)
		}
		if v.ConfigMap != nil && d.config != nil && v.ConfigMap.Name != d.config.Name {
			t.Errorf("the pod reads %s, and the files are in %s", v.ConfigMap.Name, d.config.Name)
		}
		if v.PersistentVolumeClaim != nil && d.claim != nil && v.PersistentVolumeClaim.ClaimName != d.claim.Name {
			t.Errorf("the pod claims %s, and %s is made", v.PersistentVolumeClaim.ClaimName, d.claim.Name)
		}
		mounted[m.MountPath] = true
	}
	if len(volumes) != len(mounted) {
		t.Errorf("%d volumes, %d mounts", len(volumes), len(mounted))
	}
	if c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz" {
		t.Error("the probes ask for something else")
	}
	for _, arg := range c.Args {
		name, path, _ := strings.Cut(arg, "=/")
		if strings.HasSuffix(name, "-file") && !mounted["/"+filepath.Dir(path)] {
			t.Errorf("nothing is mounted for %s", arg)
		}
	}
	startsWatch(t, c.Args)
}

// TestChartRefuses: values that could not work, or would put a secret where it
// does not belong, are refused with a reason.
func TestChartRefuses(t *testing.T) {
	helm := tool(t, "helm")
	env := bare(t)
	good := filepath.Join(root, chart, "ci/git-values.yaml")
	cases := map[string][]string{
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
	}
	for says, args := range cases {
		r := job{dir: root, env: env}.run(t, helm, append([]string{"template", "watch", chart, "--kube-version", "1.33.0", "-f", good}, args...)...)
		if r.code == 0 || !strings.Contains(r.err, says) {
			t.Errorf("%v: exit code %d, want %q\n%s", args, r.code, says, r.err)
		}
	}
}

// TestChartKeepsText: file names and texts of any kind arrive as they are.
func TestChartKeepsText(t *testing.T) {
	helm := tool(t, "helm")
	hostile := "# {{ .Values.x }} ---\n---\nkind: Secret\n\"\\\t': 员工 \u202e${x}\n\n"
	values := filepath.Join(t.TempDir(), "values.yaml")
	text, err := yaml.Marshal(map[string]any{
		"source": map[string]any{"files": map[string]string{"idpsync.yaml": "ledger: file:/var/lib/idpsync/ledger\n", "a.yaml": hostile}},
		"auth":   map[string]any{"existingSecret": "x"}, "target": "prod",
	})
	if err != nil || os.WriteFile(values, text, 0o644) != nil {
		t.Fatal(err)
	}
	d := decode(t, render(t, helm, bare(t), "-f", values))
	if d.config == nil || d.config.Data["a.yaml"] != hostile {
		t.Errorf("the file became %q", d.config)
	}
}

// TestChartOfThePage: the values that docs/ci.md shows are ones that the chart takes.
func TestChartOfThePage(t *testing.T) {
	shown := regexp.MustCompile("(?s)```yaml\n(source:.*?)```").FindStringSubmatch(read(t, filepath.Join(root, "docs/ci.md")))
	if shown == nil {
		t.Fatal("docs/ci.md shows no values")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"values.yaml": shown[1]})
	judgeDeployment(t, decode(t, render(t, tool(t, "helm"), bare(t), "-f", filepath.Join(dir, "values.yaml"))))
}

// TestChartVersion: the chart is of the release that it installs.
func TestChartVersion(t *testing.T) {
	text := read(t, filepath.Join(root, chart, "Chart.yaml"))
	m := regexp.MustCompile(`(?m)^(?:version|appVersion): (\S+)$`).FindAllStringSubmatch(text, -1)
	if len(m) != 2 || m[0][1] != m[1][1] {
		t.Errorf("the chart says %v", m)
	}
}
