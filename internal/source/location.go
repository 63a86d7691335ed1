package source

import (
	"net"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// location is a repository as git is told of it: without a password, because
// every user of the machine can read the arguments of a program.
type location struct {
	url            string
	scheme         string
	user, password string
}

// schemes that are encrypted, or never leave the machine.
var schemes = []string{"https", "ssh", "file"}

// plain schemes have no protection at all on their way.
var plain = []string{"http", "git"}

var (
	helper  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9+.-]*::`) })
	scpLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([^/@:]+@)?([^/:@]{2,}|\[[0-9A-Fa-f:.]+\]):(.*)$`) })
)

const goodURLs = "write https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH or a folder"

// locate reads the URL of a repository. base is where a relative folder begins.
func locate(raw, base string, signed bool) (location, error) {
	switch {
	case raw == "":
		return location{}, refuse(goodURLs, "the git URL is empty")
	case strings.HasPrefix(raw, "-") || strings.ContainsFunc(raw, unicode.IsControl):
		return location{}, refuse(goodURLs, "the git URL begins with - or holds a control character")
	case helper().MatchString(raw):
		return location{}, refuse(goodURLs, "the git URL names a transport program, which could run anything")
	case strings.Contains(raw, "://"):
		return locateURL(raw, signed)
	}
	if m := scpLike().FindStringSubmatch(raw); m != nil {
		if strings.HasPrefix(m[2], "-") || strings.HasPrefix(m[1], "-") || m[3] == "" {
			return location{}, refuse(goodURLs, "the git URL %q names no host and path", printable(raw))
		}
		return location{url: raw, scheme: "ssh"}, nil
	}
	if !filepath.IsAbs(raw) {
		raw = filepath.Join(base, raw)
	}
	return location{url: raw, scheme: "file"}, nil
}

func locateURL(raw string, signed bool) (location, error) {
	u, err := url.Parse(raw)
	if err != nil { // its text would repeat the URL
		return location{}, refuse(goodURLs, "the git URL cannot be read")
	}
	l := location{scheme: u.Scheme}
	host := u.Hostname()
	switch {
	case !slices.Contains(schemes, u.Scheme) && !slices.Contains(plain, u.Scheme):
		return l, refuse(goodURLs, "the git URL begins with %s://, which is not supported", printable(u.Scheme))
	case u.RawQuery != "" || u.Fragment != "":
		return l, refuse("the branch is named by --ref, or git.ref of a source, credentials by a credential helper", "the git URL holds a ? or a #")
	case u.Scheme != "file" && (host == "" || strings.HasPrefix(host, "-") || strings.HasPrefix(u.User.Username(), "-")):
		return l, refuse(goodURLs, "the git URL names no host")
	case slices.Contains(plain, u.Scheme) && !signed && !loopback(host):
		return l, refuse("use https or ssh, or --require-signed", "%s://%s is not protected on its way: anybody between could write the files", u.Scheme, printable(host))
	}
	password, has := u.User.Password()
	switch {
	case has && u.Scheme == "ssh":
		return l, refuse("use a key and an agent", "the git URL holds a password, and ssh takes none there")
	case u.Scheme != "ssh":
		l.user, l.password, u.User = u.User.Username(), password, nil
	}
	l.url = u.String()
	return l, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// HasCredentials tells whether a URL holds a user's name or password that should
// not stand where others can read it. A name before @ of ssh is none.
func HasCredentials(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.User != nil && u.Scheme != "ssh"
}

var commitID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`) })

// fullRef is the name that the host is asked for.
func fullRef(ref string) (string, error) {
	switch {
	case ref == "":
		return "HEAD", nil
	case !wellNamed(ref):
		return "", refuse("name a branch, like main", "%q cannot be the name of a branch", printable(ref))
	case commitID().MatchString(ref), strings.HasPrefix(ref, "refs/"):
		return ref, nil
	}
	return "refs/heads/" + ref, nil
}

// wellNamed holds a name to git's rules for references.
func wellNamed(ref string) bool {
	if strings.HasPrefix(ref, "-") || ref == "@" || strings.ContainsAny(ref, " ~^:?*[\\\x7f") || strings.Contains(ref, "..") || strings.Contains(ref, "@{") || strings.HasSuffix(ref, ".") {
		return false
	}
	for part := range strings.SplitSeq(ref, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") || strings.ContainsFunc(part, unicode.IsControl) {
			return false
		}
	}
	return true
}

// folder is a folder inside the repository with slashes, "" for its root.
func folder(dir string) (string, error) {
	dir = path.Clean(filepath.ToSlash(dir))
	if dir == "." {
		return "", nil
	}
	if !filepath.IsLocal(filepath.FromSlash(dir)) || strings.ContainsFunc(dir, unicode.IsControl) {
		return "", refuse("name a folder of the repository, like config", "the path %q leads out of the repository", printable(dir))
	}
	return dir, nil
}
