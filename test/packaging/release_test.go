package packaging

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
)

// clone is a copy of the source tree as a repository of its own, with a tag and
// a remote, as goreleaser wants it. It holds what git would take, committed or
// not, and a release for this machine alone.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	names := strings.Split(job{dir: root}.must(t, "git", "ls-files", "-co", "--exclude-standard", "-z"), "\x00")
	for _, name := range names {
		from := filepath.Join(root, name)
		info, err := os.Lstat(from)
		if name == "" || err != nil || !info.Mode().IsRegular() {
			continue
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(read(t, from)), info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, ".goreleaser.yaml")
	text := read(t, config)
	short := strings.NewReplacer("goos: [linux, darwin, windows]", "goos: [linux]", "goarch: [amd64, arm64]", "goarch: [amd64]").Replace(text)
	if short == text {
		t.Fatal("the list of platforms is not where this test looks for it")
	}
	write(t, dir, map[string]string{".goreleaser.yaml": short})
	git(t, dir, "init", "-q")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "a release")
	git(t, dir, "tag", "v1.2.3")
	git(t, dir, "remote", "add", "origin", "https://github.com/idpsync/idpsync.git")
	return dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	env := append(bare(t), "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@localhost", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@localhost")
	job{dir: dir, env: env}.must(t, "git", args...)
}

// TestRelease makes the release twice, in two folders, under two time zones and
// two masks, and looks into what came out.
func TestRelease(t *testing.T) {
	goreleaser := tool(t, "goreleaser")
	program(t, "git", "git")
	cache := strings.TrimSpace(job{}.must(t, "go", "env", "GOCACHE"))
	mods := strings.TrimSpace(job{}.must(t, "go", "env", "GOMODCACHE"))
	make := func(dir string, more ...string) string {
		t.Helper()
		env := bare(t, append(more, "GOCACHE="+cache, "GOMODCACHE="+mods)...)
		job{dir: dir, env: env}.must(t, goreleaser, "check")
		args := []string{"-c", `umask "$0"; exec "$@"`, more[0][len("MASK="):], goreleaser, "release", "--clean", "--skip=publish,announce"}
		job{dir: dir, env: env}.must(t, "sh", args...)
		return filepath.Join(dir, "dist")
	}
	first := clone(t)
	second := filepath.Join(t.TempDir(), "elsewhere")
	job{env: bare(t)}.must(t, "git", "clone", "-q", first, second)
	git(t, second, "remote", "set-url", "origin", "https://github.com/idpsync/idpsync.git")
	dist := make(first, "MASK=022", "TZ=UTC")
	again := make(second, "MASK=077", "TZ=Asia/Shanghai")
	sums := read(t, filepath.Join(dist, "SHA256SUMS"))
	if other := read(t, filepath.Join(again, "SHA256SUMS")); sums != other {
		t.Errorf("the release is not the same twice:\n%s\n%s", sums, other)
	}
	job{dir: dist}.must(t, "sha256sum", "--strict", "--check", "SHA256SUMS")
	for _, name := range []string{"idpsync_1.2.3_linux_amd64.tar.gz", "idpsync_1.2.3_linux_amd64.deb", "idpsync_1.2.3_linux_amd64.rpm", "idpsync_1.2.3_linux_amd64.spdx.json"} {
		if !strings.Contains(sums, "  "+name+"\n") {
			t.Errorf("%s is not in SHA256SUMS:\n%s", name, sums)
		}
	}
	t.Run("archive", func(t *testing.T) { judgeArchive(t, dist) })
	t.Run("deb", func(t *testing.T) { judgeDeb(t, dist) })
	t.Run("rpm", func(t *testing.T) { judgeRPM(t, dist) })
	t.Run("bill of materials", func(t *testing.T) { judgeBill(t, dist) })
}

// versionOf starts a program and looks at what it says it is.
func versionOf(t *testing.T, bin string) {
	t.Helper()
	if said := (job{env: bare(t)}).must(t, bin, "version"); !regexp.MustCompile(`^idpsync v1\.2\.3 \([0-9a-f]{40}, go`).MatchString(said) {
		t.Errorf("it says it is %s", said)
	}
}

func judgeArchive(t *testing.T, dist string) {
	dir := t.TempDir()
	job{dir: dir}.must(t, "tar", "-xzf", filepath.Join(dist, "idpsync_1.2.3_linux_amd64.tar.gz"))
	versionOf(t, filepath.Join(dir, "idpsync"))
	for _, name := range []string{"LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "man/idpsync.1", "completions/idpsync.bash", "completions/idpsync.zsh", "completions/idpsync.fish"} {
		if read(t, filepath.Join(dir, name)) == "" {
			t.Errorf("%s is empty", name)
		}
	}
	job{}.must(t, "bash", "-n", filepath.Join(dir, "completions/idpsync.bash"))
	info, err := buildinfo.ReadFile(filepath.Join(dir, "idpsync"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range info.Settings {
		if s.Key == "CGO_ENABLED" && s.Value != "0" || s.Key == "-trimpath" && s.Value != "true" {
			t.Errorf("it was built with %s=%s", s.Key, s.Value)
		}
	}
}

func judgeDeb(t *testing.T, dist string) {
	dpkg := program(t, "dpkg-deb", "dpkg")
	deb := filepath.Join(dist, "idpsync_1.2.3_linux_amd64.deb")
	dir := t.TempDir()
	job{}.must(t, dpkg, "-x", deb, dir)
	judgeTree(t, dir, "usr/share/zsh/vendor-completions/_idpsync", "usr/share/doc/idpsync/copyright")
	fields := job{}.must(t, dpkg, "-f", deb, "Package", "Version", "Architecture", "Maintainer", "Depends")
	for _, want := range []string{"Package: idpsync\n", "Version: 1.2.3\n", "Architecture: amd64\n"} {
		if !strings.Contains(fields, want) {
			t.Errorf("the package says\n%s", fields)
		}
	}
	if strings.Contains(fields, "Depends:") {
		t.Errorf("a static program depends on nothing:\n%s", fields)
	}
	control := t.TempDir()
	job{}.must(t, dpkg, "-e", deb, control)
	if scripts, _ := filepath.Glob(filepath.Join(control, "*inst")); len(scripts) > 0 {
		t.Errorf("the package runs %v as root when it is installed", scripts)
	}
	job{dir: dir}.must(t, "md5sum", "--quiet", "-c", filepath.Join(control, "md5sums"))
	// A system of its own: dpkg installs and removes it there.
	system := t.TempDir()
	write(t, system, map[string]string{"var/lib/dpkg/status": "", "var/lib/dpkg/available": ""})
	for _, folder := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/log"} {
		if err := os.MkdirAll(filepath.Join(system, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		env := append(os.Environ(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
		job{env: env}.must(t, "dpkg", "--root="+system, "--log=/dev/null", "-i", deb)
		versionOf(t, filepath.Join(system, "usr/bin/idpsync"))
		job{env: env}.must(t, "dpkg", "--root="+system, "--log=/dev/null", "-r", "idpsync")
		if _, err := os.Stat(filepath.Join(system, "usr/bin/idpsync")); err == nil {
			t.Error("removing it leaves it there")
		}
	}
}

func judgeRPM(t *testing.T, dist string) {
	program(t, "rpm", "rpm")
	program(t, "rpm2cpio", "rpm2cpio")
	program(t, "cpio", "cpio")
	rpm := filepath.Join(dist, "idpsync_1.2.3_linux_amd64.rpm")
	dir := t.TempDir()
	job{dir: dir}.must(t, "sh", "-c", `rpm2cpio "$0" | cpio -idm --quiet --no-absolute-filenames`, rpm)
	judgeTree(t, dir, "usr/share/zsh/site-functions/_idpsync", "usr/share/licenses/idpsync/LICENSE")
	job{}.must(t, "rpm", "--dbpath", t.TempDir(), "-K", "--nosignature", rpm)
	if got := (job{}).must(t, "rpm", "--dbpath", t.TempDir(), "-qp", "--qf", "%{NAME} %{VERSION} %{ARCH} %{LICENSE} %{VENDOR}", rpm); got != "idpsync 1.2.3 x86_64 Apache-2.0 the idpsync authors" {
		t.Errorf("the package says %q", got)
	}
	if got := (job{}).must(t, "rpm", "--dbpath", t.TempDir(), "-qp", "--scripts", rpm); got != "" {
		t.Errorf("the package runs as root when it is installed:\n%s", got)
	}
}

// judgeTree looks at what a package puts into a system.
func judgeTree(t *testing.T, dir string, more ...string) {
	t.Helper()
	versionOf(t, filepath.Join(dir, "usr/bin/idpsync"))
	for _, name := range append(more, "usr/share/bash-completion/completions/idpsync", "usr/share/fish/vendor_completions.d/idpsync.fish",
		"usr/share/doc/idpsync/NOTICE", "usr/share/man/man1/idpsync.1.gz", "usr/lib/systemd/system/idpsync-watch.service", "usr/lib/systemd/system/idpsync-serve.service") {
		if read(t, filepath.Join(dir, name)) == "" {
			t.Errorf("%s is empty", name)
		}
	}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		switch {
		case err != nil:
			return err
		case path == dir:
		case info.IsDir() && info.Mode().Perm() != 0o755, info.Mode().IsRegular() && info.Mode().Perm() != 0o644 && !strings.HasSuffix(path, "/bin/idpsync"):
			t.Errorf("%s has the mode %s", strings.TrimPrefix(path, dir), info.Mode())
		case !info.IsDir() && !info.Mode().IsRegular():
			t.Errorf("%s is a %s", strings.TrimPrefix(path, dir), info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mandoc := program(t, "mandoc", "mandoc")
	pages, _ := filepath.Glob(filepath.Join(dir, "usr/share/man/man1/*.1.gz"))
	for _, page := range pages {
		text := job{}.must(t, "gzip", "-dc", page)
		job{stdin: text}.must(t, mandoc, "-T", "lint", "-W", "error")
	}
	if len(pages) < 10 {
		t.Errorf("there are only %d man pages", len(pages))
	}
}

// judgeBill reads the bill of materials with a library of SPDX, and holds it
// against what the Go tool itself says of the program.
func judgeBill(t *testing.T, dist string) {
	text := read(t, filepath.Join(dist, "idpsync_1.2.3_linux_amd64.spdx.json"))
	var doc v2_3.Document
	if err := json.ReadInto(bytes.NewReader([]byte(text)), &doc); err != nil {
		t.Fatal(err)
	}
	if err := spdxlib.ValidateDocument(&doc); err != nil {
		t.Error(err)
	}
	bin := filepath.Join(dist, "idpsync_linux_amd64_v1", "idpsync")
	want := map[string]string{}
	for line := range strings.Lines(job{}.must(t, "go", "version", "-m", bin)) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "dep" {
			want[f[1]] = f[2] + " go.sum " + f[3]
		}
	}
	if len(want) < 10 {
		t.Fatalf("go version -m shows only %d modules", len(want))
	}
	listed := 0
	for _, p := range doc.Packages {
		switch p.PackageName {
		case "stdlib":
		case "github.com/idpsync/idpsync":
			sum := strings.Fields(job{}.must(t, "sha256sum", bin))[0]
			if len(p.PackageChecksums) != 1 || p.PackageChecksums[0].Value != sum || p.PackageVersion != "v1.2.3" {
				t.Errorf("the program is %s %v", p.PackageVersion, p.PackageChecksums)
			}
		default:
			listed++
			if got := fmt.Sprintf("%s %s", p.PackageVersion, p.PackageComment); got != want[p.PackageName] {
				t.Errorf("%s is listed as %q, and is %q", p.PackageName, got, want[p.PackageName])
			}
		}
	}
	if listed != len(want) {
		t.Errorf("%d modules are listed, and %d are inside", listed, len(want))
	}
	if len(doc.Relationships) != len(doc.Packages) {
		t.Errorf("%d relations for %d packages", len(doc.Relationships), len(doc.Packages))
	}
}
