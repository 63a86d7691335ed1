package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the page, its looks and its script
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

//go:embed html_page.tmpl
var htmlPage string

//go:embed html_style.css
var htmlStyle string

//go:embed html_script.js
var htmlScript string

// Bounds of a page: a browser shall stay quick whatever the plan is.
const (
	mostItems      = 50000 // by name
	mostWithValues = 5000
	mostPageRows   = 200  // of one object
	mostPageValue  = 4000 // characters of one value
	mostPageName   = 400
)

// htmlData is what the template sees. Everything in it is a plain text that the
// template escapes, but for the picture, the style sheet and the script.
type htmlData struct {
	Lang, Title, Verdict, Class, Heading, Noun, CSP string
	Style                                           template.CSS
	Script                                          template.JS
	Facts                                           [][2]string
	Tallies                                         []htmlTally
	Notices                                         []htmlNotice
	Classes                                         []htmlClass
	Items                                           []htmlItem
	Remarks                                         []string
	Picture                                         template.HTML
	// Undrawn, Unlisted and Unvalued say what was left out, if anything was.
	Undrawn, Unlisted, Unvalued string
	Total                       int
	Say                         map[string]string
}

type (
	htmlTally  struct{ Name, Class, N string }
	htmlNotice struct{ Code, Text, Hint string }
	htmlClass  struct{ Class, Action string }
	htmlItem   struct {
		Symbol, Action, Class, Key, Risk, Words, Place string
		Tags                                           []string
		Rows                                           []htmlRow
		MoreRows                                       string
	}
	htmlRow struct {
		Symbol, Path, Note string
		Values             []htmlValue
	}
	// htmlValue is a value in three parts: Changed is what the other value of the
	// row does not have.
	htmlValue struct{ Sign, Whose, Before, Changed, After string }
)

var htmlTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(htmlPage)) })

// html writes one page that needs nothing else: no script to be read, no file,
// font or address.
func (r *review) html(w io.Writer, s Style) error {
	b := bufio.NewWriter(w)
	if err := htmlTemplate().Execute(b, r.page(s)); err != nil {
		return err
	}
	return b.Flush()
}

func (r *review) page(s Style) *htmlData {
	d := &htmlData{
		Lang: diagnostic.English, Title: r.title, Verdict: r.verdict, Class: "look", Heading: r.heading, Noun: r.noun,
		Style: template.CSS(htmlStyle), Script: template.JS(htmlScript), Facts: r.facts, Total: len(r.items), //nolint:gosec // ours
		Say: s.pageWords(),
		CSP: "default-src 'none'; style-src '" + hashOf(htmlStyle) + "'; script-src '" + hashOf(htmlScript) + "'; base-uri 'none'; form-action 'none'",
	}
	if s.Lang == diagnostic.Chinese {
		d.Lang = s.Lang
	}
	if r.good {
		d.Class = "good"
	}
	for _, t := range r.tallies {
		d.Tallies = append(d.Tallies, htmlTally{t.name, t.class, strconv.Itoa(t.n)})
	}
	for _, n := range r.notices {
		d.Notices = append(d.Notices, htmlNotice{n.code, s.cut(n.text, mostPageValue), s.cut(n.hint, mostPageValue)})
	}
	if len(r.notices) > mostNotices*10 {
		d.Notices = append(d.Notices[:mostNotices*10], htmlNotice{Text: s.Say("and %d more", len(r.notices)-mostNotices*10)})
	}
	for _, text := range r.remarks[:min(len(r.remarks), mostPageRows)] {
		d.Remarks = append(d.Remarks, s.cut(text, mostPageName))
	}
	if more := len(r.remarks) - mostPageRows; more > 0 {
		d.Remarks = append(d.Remarks, s.Say("and %d more", more))
	}
	if r.picture != nil {
		d.draw(r.picture(), s)
	}
	d.addItems(r, s)
	return d
}

// pageWords are what the template itself says.
func (s Style) pageWords() map[string]string {
	return map[string]string{
		"toList": s.Say("go to the list"), "summary": s.Say("summary"), "dependencies": s.Say("dependencies"),
		"filter": s.Say("filter"), "sample": s.Say("name, path or value"), "open": s.Say("open all"), "fold": s.Say("fold all"),
		"shown": s.Say("{0} of {1} shown"), "keys": s.Say("keys: / filter, j and k next and previous, Enter opens"), "remarks": s.Say("remarks"),
	}
}

func (d *htmlData) draw(g *Graph, s Style) {
	if len(g.Edges) == 0 {
		return
	}
	var left int
	if d.Picture, left = g.SVG(s, pictureNodes, nil); left > 0 {
		d.Undrawn = s.Say("%d objects are not drawn", left)
	}
}

func (d *htmlData) addItems(r *review, s Style) {
	actions := map[string]bool{}
	for n, i := range r.items {
		if n == mostItems {
			d.Unlisted = s.Say("%d more are not listed", len(r.items)-n)
			break
		}
		if !actions[i.class] {
			actions[i.class] = true
			d.Classes = append(d.Classes, htmlClass{i.class, i.action})
		}
		one := htmlItem{Symbol: i.symbol, Action: i.action, Class: i.class, Key: s.cut(i.key, mostPageName), Words: s.cut(i.words, mostPageName), Place: i.place}
		if i.risk == "high" {
			one.Risk = s.Say("high risk")
		}
		if n < mostWithValues {
			one.Tags = i.tags
			for _, f := range i.rows(mostPageRows) {
				one.Rows = append(one.Rows, s.htmlRow(f))
			}
			if more := i.n - len(one.Rows); more > 0 {
				one.MoreRows = s.Say("and %d more", more)
			}
		}
		d.Items = append(d.Items, one)
	}
	if more := len(d.Items) - mostWithValues; more > 0 {
		d.Unvalued = s.Say("%d of them are listed without their values", more)
	}
}

func (s Style) htmlRow(r row) htmlRow {
	out := htmlRow{Symbol: r.symbol, Path: s.cut(r.path, mostPageName), Note: r.note}
	var texts []string
	for _, v := range r.values {
		if v.text != "" {
			texts = append(texts, v.text)
		}
	}
	head, tail := 0, 0
	if len(texts) == 2 {
		head, tail = inCommon(texts[0], texts[1])
	}
	for _, v := range r.values {
		if v.text == "" {
			continue
		}
		out.Values = append(out.Values, s.parts(v, head, tail))
	}
	return out
}

// parts cuts a value around what differs, and what is the same where it is long.
func (s Style) parts(v sided, head, tail int) htmlValue {
	const context = 300
	out := htmlValue{Sign: strings.TrimSpace(v.sign), Whose: v.whose}
	out.Before, out.Changed, out.After = v.text[:head], s.cut(v.text[head:len(v.text)-tail], mostPageValue), v.text[len(v.text)-tail:]
	if runes := []rune(out.Before); len(runes) > context {
		out.Before = "… " + string(runes[len(runes)-context:])
	}
	if runes := []rune(out.After); len(runes) > context {
		out.After = string(runes[:context]) + " …"
	}
	return out
}

// inCommon is how many bytes two texts share at the beginning and at the end;
// both are whole characters.
func inCommon(a, b string) (head, tail int) {
	for head < len(a) && head < len(b) {
		x, n := utf8.DecodeRuneInString(a[head:])
		if y, _ := utf8.DecodeRuneInString(b[head:]); x != y {
			break
		}
		head += n
	}
	for tail < len(a)-head && tail < len(b)-head {
		x, n := utf8.DecodeLastRuneInString(a[head : len(a)-tail])
		if y, _ := utf8.DecodeLastRuneInString(b[head : len(b)-tail]); x != y {
			break
		}
		tail += n
	}
	return head, tail
}

// hashOf is how a policy names the one script or style sheet that may be.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
