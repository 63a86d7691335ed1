package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

// words speaks one language to one reader. The words of the page itself stand
// below; sentences that came from elsewhere are told by package diagnostic.
type words struct {
	Lang string
	// chosen tells that the address says so: links must say it too.
	chosen bool
}

// T is a word of the page, with its arguments.
func (w words) T(word string, args ...any) string {
	if w.Lang == diagnostic.Chinese {
		if zh, known := chinese[word]; known {
			word = zh
		}
	}
	if len(args) == 0 {
		return word
	}
	return fmt.Sprintf(word, args...)
}

// Say tells a sentence that was made elsewhere.
func (w words) Say(text string) string { return diagnostic.Told(w.Lang, report.Clean(text)) }

// Other is the language that the reader may switch to, and its name.
func (w words) Other() string {
	if w.Lang == diagnostic.Chinese {
		return diagnostic.English
	}
	return diagnostic.Chinese
}

// OtherName is how the other language calls itself.
func (w words) OtherName() string {
	if w.Lang == diagnostic.Chinese {
		return "English"
	}
	return "中文"
}

// Link is an address of ours with its parameters, each a name and a value; it
// keeps the language that the reader chose. No cookie remembers that.
func (w words) Link(path string, params ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			q.Set(params[i], params[i+1])
		}
	}
	if w.chosen {
		q.Set("lang", w.Lang)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// wordsFor chooses: what the address says, what the browser asks for, English.
func wordsFor(r *http.Request) words {
	if l, ok := language(r.URL.Query().Get("lang")); ok {
		return words{l, true}
	}
	best, weight := diagnostic.English, 0.0
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		tag, q, weighed := strings.Cut(strings.TrimSpace(part), ";q=")
		n := 1.0
		if weighed {
			n, _ = strconv.ParseFloat(strings.TrimSpace(q), 64)
		}
		if l, ok := language(tag); ok && n > weight {
			best, weight = l, n
		}
	}
	return words{Lang: best}
}

func language(tag string) (string, bool) {
	tag = strings.ToLower(strings.TrimSpace(tag))
	switch {
	case tag == "zh" || strings.HasPrefix(tag, "zh-"):
		return diagnostic.Chinese, true
	case tag == "en" || strings.HasPrefix(tag, "en-"):
		return diagnostic.English, true
	}
	return "", false
}
