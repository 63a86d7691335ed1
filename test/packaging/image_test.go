package packaging

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// builder runs buildah on a store of its own, without a daemon and a registry.
type builder struct {
	t       *testing.T
	program string
	flags   []string
	env     []string
}

func newBuilder(t *testing.T) *builder {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "buildah on a folder of its own wants root")
	}
	b := &builder{t: t, program: program(t, "buildah", "buildah")}
	dir := t.TempDir()
	b.flags = []string{"--storage-driver", "vfs", "--root", filepath.Join(dir, "store"), "--runroot", filepath.Join(dir, "run")}
	b.env = append(os.Environ(), "BUILDAH_ISOLATION=chroot", "PROGRAM_FLAGS="+strings.Join(b.flags, " "),
		"PATH="+filepath.Dir(b.program)+":"+os.Getenv("PATH"), "SOURCE_DATE_EPOCH=1767323045")
	return b
}

func (b *builder) do(args ...string) string {
	b.t.Helper()
	return strings.TrimSpace(job{dir: root, env: b.env}.must(b.t, b.program, append(slices.Clone(b.flags), args...)...))
}

// build makes a stage of our Dockerfile and gives the name of the image.
func (b *builder) build(stage string) string {
	b.t.Helper()
	image := "localhost/idpsync:" + stage
	job{dir: root, env: b.env}.must(b.t, filepath.Join(root, "packaging/image.sh"), stage, image)
	return image
}

// in runs a command in a container of the image, as the user of the image, with
// a folder mounted as /config.
func (b *builder) in(container, config string, args ...string) result {
	b.t.Helper()
	all := append(slices.Clone(b.flags), "run", "--isolation", "chroot", "--volume", config+":/config", container, "--")
	return job{dir: root, env: b.env}.run(b.t, b.program, append(all, args...)...)
}

type imageConfig struct {
	OCIv1 struct {
		Config struct {
			User, WorkingDir string
			Entrypoint, Env  []string
			Labels           map[string]string
		}
	}
}

func (b *builder) config(image string) imageConfig {
	b.t.Helper()
	var c imageConfig
	if err := json.Unmarshal([]byte(b.do("inspect", "--type", "image", image)), &c); err != nil {
		b.t.Fatal(err)
	}
	return c
}

// ownedProject is a folder that the user of the image may write to.
func ownedProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"idpsync.yaml": projectFile, "portal.yaml": portal})
	own(t, dir)
	return dir
}

func own(t *testing.T, dir string) {
	t.Helper()
	job{}.must(t, "chown", "-R", "65532:65532", dir)
}

// TestImage: the image holds the program and what it needs, and nothing else;
// its user is nobody; and the program in it plans and applies.
func TestImage(t *testing.T) {
	b := newBuilder(t)
	image := b.build("idpsync")
	c := b.config(image).OCIv1.Config
	if c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/usr/bin/idpsync"}) || c.WorkingDir != "/config" {
		t.Errorf("the image is %+v", c)
	}
	if c.Labels["org.opencontainers.image.source"] != "https://github.com/idpsync/idpsync" {
		t.Errorf("its labels are %v", c.Labels)
	}
	job{dir: root}.must(t, "find", ".cache/image", "-exec", "touch", "{}", "+") // the times of the folder must not matter
	b.do("build", "--isolation", "chroot", "--timestamp", "1767323045", "--target", "idpsync", "--tag", "localhost/again", "--file", "Dockerfile", ".cache/image")
	made, again := b.do("images", "--quiet", "--no-trunc", image), b.do("images", "--quiet", "--no-trunc", "localhost/again")
	if made != again {
		t.Errorf("the same folder gave %s and %s", made, again)
	}
	container := b.do("from", "--pull-never", image)
	var files []string
	mount := b.do("mount", container)
	err := filepath.Walk(mount, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			files = append(files, strings.TrimPrefix(path, mount))
			if info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 || info.Mode().Perm()&0o022 != 0 {
				t.Errorf("%s has the mode %s", path, info.Mode())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/etc/group", "/etc/passwd", "/etc/ssl/certs/ca-certificates.crt", "/usr/bin/idpsync", "/usr/share/doc/idpsync/LICENSE", "/usr/share/doc/idpsync/NOTICE"}
	if !slices.Equal(files, want) {
		t.Errorf("the image holds %v, want %v", files, want)
	}
	dir := ownedProject(t)
	for _, step := range []struct {
		args []string
		code int
	}{
		{[]string{"validate", "--strict"}, 0},
		{[]string{"apply", "--yes"}, 0},
		{[]string{"plan", "--detailed-exitcode"}, 0},
		{[]string{"watch", "--once"}, 0},
	} {
		if r := b.in(container, dir, append([]string{"/usr/bin/idpsync"}, step.args...)...); r.code != step.code {
			t.Errorf("%v in the image ended with %d\n%s%s", step.args, r.code, r.out, r.err)
		}
	}
	judgeReadOnly(t, b, container)
	if r := b.in(container, dir, "/usr/bin/idpsync", "watch", "--once", "--git", "file:///config"); r.code == 0 || !strings.Contains(r.out+r.err, "git") {
		t.Errorf("without git, watch --git ended with %d\n%s%s", r.code, r.out, r.err)
	}
	if r := b.in(container, dir, "/bin/sh", "-c", "true"); r.code == 0 {
		t.Error("there is a shell in the image")
	}
}

// judgeReadOnly has the image work as the chart arranges it: the project is
// mounted read-only, the way Kubernetes lays out a ConfigMap, and what idpsync
// remembers lies elsewhere.
func judgeReadOnly(t *testing.T, b *builder, container string) {
	t.Helper()
	address, keys := sandbox(t)
	dir, state := t.TempDir(), t.TempDir()
	own(t, state)
	write(t, dir, map[string]string{"..2026_01_02/portal.yaml": portal, "..2026_01_02/idpsync.yaml": fmt.Sprintf(`apiVersion: idpsync/v1
kind: Project
defaultTarget: prod
targets:
  prod: {host: %q, userPoolId: %s, credentials: {accessKeyId: {env: AK}, accessKeySecret: {env: SK}}}
ledger: file:/home/nonroot/ledger
`, address, keys.UserPoolID)})
	for link, to := range map[string]string{"..data": "..2026_01_02", "idpsync.yaml": "..data/idpsync.yaml", "portal.yaml": "..data/portal.yaml"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	all := append(slices.Clone(b.flags), "run", "--isolation", "chroot", "--volume", dir+":/config:ro", "--volume", state+":/home/nonroot",
		"--env", "AK="+keys.AccessKeyID, "--env", "SK="+keys.AccessKeySecret, container, "--", "/usr/bin/idpsync", "watch", "--once", "--mode", "apply")
	for range 2 {
		if r := (job{dir: root, env: b.env}).run(t, b.program, all...); r.code != 0 || !strings.Contains(r.out, "1 in sync") {
			t.Errorf("on a read-only project it ended with %d\n%s%s", r.code, r.out, r.err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(state, "ledger", "*", "*")); len(left) == 0 {
		t.Error("nothing is remembered")
	}
}

type sandboxKeys struct{ Listening, AccessKeyID, AccessKeySecret, UserPoolID string }

// sandbox is a server that lives as long as the test.
func sandbox(t *testing.T) (string, sandboxKeys) {
	t.Helper()
	var said buffer
	cmd := exec.Command(idpsync(t), "sandbox", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	cmd.Stdout, cmd.Stderr, cmd.Env = &said, &said, bare(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var keys sandboxKeys
	for range 6000 {
		if line, _, whole := strings.Cut(said.String(), "\n"); whole {
			if err := json.Unmarshal([]byte(line), &keys); err != nil {
				t.Fatalf("%v\n%s", err, said.String())
			}
			return keys.Listening, keys
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatalf("the sandbox does not start\n%s", said.String())
	return "", keys
}

// TestToolsImage builds the image with git on a base that stands in for Alpine:
// the programs of this machine that the Dockerfile asks for.
func TestToolsImage(t *testing.T) {
	b := newBuilder(t)
	b.env = append(b.env, "BUILD_FLAGS=--build-arg BASE=localhost/base --pull-never")
	base := b.do("from", "scratch")
	b.do("copy", base, ownFiles(t), "/")
	b.do("commit", "--quiet", base, "localhost/base")
	b.do("rm", base)
	image := b.build("tools")
	if c := b.config(image).OCIv1.Config; c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/usr/bin/idpsync"}) {
		t.Errorf("the image is %+v", c)
	}
	container := b.do("from", "--pull-never", image)
	dir := t.TempDir()
	write(t, dir, map[string]string{"idpsync.yaml": projectFile, "portal.yaml": portal})
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "config"}} {
		git(t, dir, args...)
	}
	own(t, dir)
	r := b.in(container, dir, "/usr/bin/idpsync", "watch", "--once", "--mode", "apply", "--git", "file:///config", "-C", "/home/nonroot")
	if r.code != 0 || !regexp.MustCompile(` local [0-9a-f]{12} in sync \(1 in sync\)`).MatchString(r.out) {
		t.Errorf("watch --git in the image ended with %d\n%s%s", r.code, r.out, r.err)
	}
}

// ownFiles is a small system made of this machine's own programs and the
// libraries that they need.
func ownFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	paths := map[string]bool{"/usr/lib/git-core": true}
	bins := []string{"/bin/sh"}
	for name, pkg := range map[string]string{"git": "git", "ssh": "openssh-client", "gpg": "gnupg", "curl": "curl", "jq": "jq"} {
		bins = append(bins, program(t, name, pkg))
	}
	for _, bin := range bins {
		paths[bin] = true
		for line := range strings.Lines(job{}.run(t, "ldd", bin).out) {
			for _, word := range strings.Fields(line) {
				if strings.HasPrefix(word, "/") {
					paths[word] = true
				}
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		job{}.must(t, "cp", "-aT", real, filepath.Join(dir, path))
	}
	write(t, dir, map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n"})
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "tmp"), 0o1777); err != nil {
		t.Fatal(err)
	}
	return dir
}
