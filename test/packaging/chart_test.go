package packaging

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

const (
	watchChart = "deploy/helm/idpsync-watch"
	serveChart = "deploy/helm/idpsync-serve"
)

// judgeCharts renders a chart with each set of values that it brings. Each passes
// helm's linter and gives documents that the types of Kubernetes take strictly.
func judgeCharts(t *testing.T, chart string, judge func(t *testing.T, d *documents, values string)) {
	t.Helper()
	helm := tool(t, "helm")
	env := bare(t)
	for _, values := range glob(t, chart+"/ci/*-values.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(values), "-values.yaml"), func(t *testing.T) {
			job{dir: root, env: env}.must(t, helm, "lint", "--strict", "--kube-version", "1.33.0", chart, "-f", values)
			d := decode(t, render(t, helm, env, chart, "-f", values))
			text := read(t, values)
			if d.monitor != strings.Contains(text, "serviceMonitor: {enabled: true") || (d.policy != nil) != strings.Contains(text, "networkPolicy:") {
				t.Errorf("monitor %v, policy %v", d.monitor, d.policy != nil)
			}
			judgePod(t, d)
			judge(t, d, text)
		})
	}
}

// judgeRefusals wants a reason for each set of values that could not work, or
// would put a secret where it does not belong; the reasons are the keys.
func judgeRefusals(t *testing.T, chart, values string, cases map[string][]string) {
	t.Helper()
	helm := tool(t, "helm")
	env := bare(t)
	good := filepath.Join(root, chart, "ci", values)
	render(t, helm, env, chart, "-f", good)
	for says, args := range cases {
		r := job{dir: root, env: env}.run(t, helm, append([]string{"template", "x", chart, "--kube-version", "1.33.0", "-f", good}, args...)...)
		if r.code == 0 || !strings.Contains(r.err, says) {
			t.Errorf("%v: exit code %d, want %q\n%s", args, r.code, says, r.err)
		}
	}
}

// shown are the values that docs/ci.md shows for a chart: those that begin with a key.
func shown(t *testing.T, begin string) string {
	t.Helper()
	text := regexp.MustCompile("(?s)```yaml\n(" + begin + ":.*?)```").FindStringSubmatch(read(t, filepath.Join(root, "docs/ci.md")))
	if text == nil {
		t.Fatalf("docs/ci.md shows no values that begin with %s", begin)
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"values.yaml": text[1]})
	return filepath.Join(dir, "values.yaml")
}

func render(t *testing.T, helm string, env []string, chart string, args ...string) string {
	t.Helper()
	release := strings.TrimPrefix(filepath.Base(chart), "idpsync-")
	return job{dir: root, env: env}.must(t, helm, append([]string{"template", release, chart, "--kube-version", "1.33.0"}, args...)...)
}

// documents is what a chart makes.
type documents struct {
	deployment *appsv1.Deployment
	configs    map[string]*corev1.ConfigMap
	claim      *corev1.PersistentVolumeClaim
	service    *corev1.Service
	account    *corev1.ServiceAccount
	policy     *networkingv1.NetworkPolicy
	disruption *policyv1.PodDisruptionBudget
	monitor    bool
}

func decode(t *testing.T, rendered string) *documents {
	t.Helper()
	d := &documents{configs: map[string]*corev1.ConfigMap{}}
	for _, text := range regexp.MustCompile(`(?m)^---\n`).Split(rendered, -1) {
		kind := regexp.MustCompile(`(?m)^kind: (\S+)`).FindStringSubmatch(text)
		if kind == nil {
			continue
		}
		var config corev1.ConfigMap
		var into any
		switch kind[1] {
		case "Deployment":
			d.deployment = &appsv1.Deployment{}
			into = d.deployment
		case "ConfigMap":
			into = &config
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
		case "PodDisruptionBudget":
			d.disruption = &policyv1.PodDisruptionBudget{}
			into = d.disruption
		case "ServiceMonitor":
			d.monitor, into = true, &map[string]any{}
		default:
			t.Fatalf("the chart makes a %s", kind[1])
		}
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", kind[1], err)
		}
		if config.Name != "" {
			d.configs[config.Name] = &config
		}
	}
	if d.deployment == nil || d.service == nil || d.account == nil {
		t.Fatal("the chart leaves out what every release has")
	}
	return d
}

// judgePod looks at what keeps the pod harmless, and at what is mounted.
func judgePod(t *testing.T, d *documents) {
	t.Helper()
	spec := d.deployment.Spec.Template.Spec
	c := spec.Containers[0]
	if *spec.AutomountServiceAccountToken || *d.account.AutomountServiceAccountToken {
		t.Error("the pod gets a token of the cluster")
	}
	if !*spec.SecurityContext.RunAsNonRoot || *c.SecurityContext.AllowPrivilegeEscalation || !*c.SecurityContext.ReadOnlyRootFilesystem ||
		!slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) || spec.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Error("the pod is not as restricted as it can be")
	}
	if *spec.TerminationGracePeriodSeconds < 15 {
		t.Error("the step in flight may be cut")
	}
	volumes, mounted, used := map[string]corev1.Volume{}, map[string]bool{}, map[string]bool{}
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
		if v.ConfigMap != nil {
			used[v.ConfigMap.Name] = true
		}
		if v.PersistentVolumeClaim != nil && d.claim != nil && v.PersistentVolumeClaim.ClaimName != d.claim.Name {
			t.Errorf("the pod claims %s, and %s is made", v.PersistentVolumeClaim.ClaimName, d.claim.Name)
		}
		mounted[m.MountPath] = true
	}
	if len(volumes) != len(mounted) {
		t.Errorf("%d volumes, %d mounts", len(volumes), len(mounted))
	}
	for name := range d.configs {
		if !used[name] {
			t.Errorf("nobody reads the ConfigMap %s", name)
		}
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
}

// TestChartVersion: each chart is of the release that it installs.
func TestChartVersion(t *testing.T) {
	for _, chart := range glob(t, "deploy/helm/*/Chart.yaml") {
		m := regexp.MustCompile(`(?m)^(?:version|appVersion): (\S+)$`).FindAllStringSubmatch(read(t, chart), -1)
		if len(m) != 2 || m[0][1] != m[1][1] {
			t.Errorf("%s says %v", chart, m)
		}
	}
}
