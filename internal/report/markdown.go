package report

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// A comment on GitHub holds 65,536 characters; a little is left for what a
// pipeline writes around the page.
const markdownLimit = 65000

// What one object, one value and one list may take of it.
const (
	mostRows       = 40
	mostInValue    = 160
	mostInName     = 120
	mostInWords    = 300
	mostNotices    = 20
	mostRemarks    = 10
	mostTags       = 5
	largestDiff    = 8000  // bytes
	largestNotices = 15000 // bytes
)

// markdown writes the page for a comment on a pull request: objects folded, the
// most dangerous first, and never more than a comment holds. Texts that are not
// ours stand in HTML or in a fenced block only, so that nothing of Markdown
// means anything in them.
func (r *review) markdown(w io.Writer, s Style) error {
	head, tail := r.markdownHead(s), r.markdownRemarks(s)
	const foldRoom = 1500
	room := markdownLimit - len(head) - len(tail) - foldRoom
	body, fold := r.markdownItems(s, room)
	_, err := io.WriteString(w, head+fold+body+tail)
	return err
}

func (r *review) markdownHead(s Style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<h2>%s</h2>\n\n<p><b>%s</b></p>\n\n", s.prose(r.title, mostInWords), s.prose(r.verdict, mostInWords))
	var names, numbers []string
	for _, t := range r.tallies {
		if t.n > 0 {
			names, numbers = append(names, t.name), append(numbers, fmt.Sprint(t.n))
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(&b, "| %s |\n|%s\n| %s |\n\n", strings.Join(names, " | "), strings.Repeat(" --: |", len(names)), strings.Join(numbers, " | "))
	}
	var facts []string
	for _, f := range r.facts {
		facts = append(facts, f[0]+" "+s.code(f[1], mostInWords))
	}
	if len(facts) > 0 {
		fmt.Fprintf(&b, "<p>%s</p>\n\n", strings.Join(facts, " · "))
	}
	b.WriteString(r.markdownNotices(s))
	return b.String()
}

func (r *review) markdownNotices(s Style) string {
	if len(r.notices) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<h3>⛔ %s (%d)</h3>\n\n<ul>\n", r.heading, len(r.notices))
	told := 0
	for _, n := range r.notices[:min(len(r.notices), mostNotices)] {
		if b.Len() > largestNotices {
			break
		}
		told++
		fmt.Fprintf(&b, "<li>%s: %s", s.code(n.code, mostInName), s.prose(n.text, mostInWords))
		if n.hint != "" {
			fmt.Fprintf(&b, "<br>%s", s.code(n.hint, mostInWords))
		}
		b.WriteString("</li>\n")
	}
	if more := len(r.notices) - told; more > 0 {
		fmt.Fprintf(&b, "<li>%s</li>\n", s.Say("and %d more", more))
	}
	b.WriteString("</ul>\n\n")
	return b.String()
}

func (r *review) markdownRemarks(s Style) string {
	if len(r.remarks) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s</summary>\n<ul>\n", s.Say("remarks (%d)", len(r.remarks)))
	for _, text := range r.remarks[:min(len(r.remarks), mostRemarks)] {
		fmt.Fprintf(&b, "<li>%s</li>\n", s.code(text, mostInWords))
	}
	if more := len(r.remarks) - mostRemarks; more > 0 {
		fmt.Fprintf(&b, "<li>%s</li>\n", s.Say("and %d more", more))
	}
	b.WriteString("</ul>\n</details>\n")
	return b.String()
}

// markdownItems fits the items into the room: with their values as long as it
// lasts, then by name, and in the end only counted. fold says what was done.
func (r *review) markdownItems(s Style, room int) (body, fold string) {
	whole, size := r.blocks(s, room)
	if size <= room && len(whole) == len(r.items) {
		return strings.Join(whole, ""), ""
	}
	const forNames = 3 // of this many parts, one is for names
	var b strings.Builder
	valued := 0
	for valued < len(whole) && b.Len()+len(whole[valued]) <= room-room/forNames {
		b.WriteString(whole[valued])
		valued++
	}
	named := valued
	if named < len(r.items) {
		b.WriteString("<ul>\n")
		for ; named < len(r.items); named++ {
			li := "<li>" + r.items[named].headline(s) + "</li>\n"
			if b.Len()+len(li)+len("</ul>\n\n") > room {
				break
			}
			b.WriteString(li)
		}
		b.WriteString("</ul>\n\n")
	}
	return b.String(), r.fold(s, valued, named-valued, named)
}

// blocks renders items until they fill the room.
func (r *review) blocks(s Style, room int) (blocks []string, size int) {
	for _, i := range r.items {
		block := i.markdown(s)
		blocks = append(blocks, block)
		if size += len(block); size > room {
			break
		}
	}
	return blocks, size
}

func (r *review) fold(s Style, valued, named, counted int) string {
	text := s.Say("Of %d %s, %d are shown with their values, %d by name, and %d are only counted here", len(r.items), r.noun, valued, named, len(r.items)-counted)
	var rest []string
	numbers := map[string]int{}
	for _, i := range r.items[counted:] {
		if numbers[i.action]++; numbers[i.action] == 1 {
			rest = append(rest, i.action)
		}
	}
	for i, action := range rest {
		rest[i] = fmt.Sprintf("%d %s", numbers[action], action)
	}
	if len(rest) > 0 {
		text += " (" + strings.Join(rest[:min(len(rest), 8)], ", ") + ")"
	}
	return "<p>✂️ " + s.prose(text+". "+s.Say("-o json=FILE holds all of it, and -o html=FILE more."), 1000) + "</p>\n\n"
}

var riskMarks = map[string]string{"high": "🔴 ", "medium": "🟡 ", "low": "⚪ "}

// headline is an item on one line of HTML.
func (i item) headline(s Style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s<code>%s</code> <b>%s</b> %s", riskMarks[i.risk], html.EscapeString(i.symbol), s.prose(i.action, mostInName), s.code(i.key, mostInName))
	if i.risk == "high" {
		fmt.Fprintf(&b, " <b>%s</b>", s.Say("high risk"))
	}
	if i.words != "" {
		fmt.Fprintf(&b, ": %s", s.prose(i.words, mostInWords))
	}
	if i.place != "" {
		fmt.Fprintf(&b, " (%s)", s.code(i.place, mostInName))
	}
	return b.String()
}

// markdown is an item with its rows, folded.
func (i item) markdown(s Style) string {
	if i.n+len(i.tags) == 0 {
		return "<p>" + i.headline(s) + "</p>\n\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s</summary>\n", i.headline(s))
	for _, t := range i.tags[:min(len(i.tags), mostTags)] {
		fmt.Fprintf(&b, "<p>%s</p>\n", s.prose(t, mostInWords))
	}
	if i.n > 0 {
		b.WriteString(i.diff(s))
	}
	b.WriteString("</details>\n\n")
	return b.String()
}

// diff is a fenced block, which GitHub and GitLab colour by the first sign of
// each line. The fence is longer than any in it.
func (i item) diff(s Style) string {
	var b strings.Builder
	told := 0
	for ; told < min(i.n, mostRows) && b.Len() < largestDiff; told++ {
		r := i.row(told)
		b.WriteString("  " + s.cut(r.path, mostInName))
		if r.note != "" {
			b.WriteString("  [" + r.note + "]")
		}
		b.WriteString("\n")
		same := r.leading()
		for _, v := range r.values {
			if v.text != "" {
				b.WriteString(v.sign + " " + r.owner(v) + s.cut(without(v.text, same), mostInValue) + "\n")
			}
		}
	}
	if more := i.n - told; more > 0 {
		b.WriteString("  " + s.Say("and %d more", more) + "\n")
	}
	fence := strings.Repeat("`", max(3, longestRun(b.String(), '`')+1))
	return "\n" + fence + "diff\n" + b.String() + fence + "\n\n"
}

// leading is how many bytes all values of a row begin with.
func (r row) leading() int {
	common := -1
	var first string
	for _, v := range r.values {
		switch {
		case v.text == "":
		case common < 0:
			first, common = v.text, len(v.text)
		default:
			head, _ := inCommon(first, v.text)
			common = min(common, head)
		}
	}
	return common
}

// without leaves out most of a long beginning that all values share, so that the
// place where they part stays in sight.
func without(text string, same int) string {
	const context = 40
	if same <= 2*context || same >= len(text) {
		return text
	}
	lead := []rune(text[:same])
	return "…" + string(lead[max(0, len(lead)-context):]) + text[same:]
}

// owner names whose value it is where the sign does not say it.
func (r row) owner(v sided) string {
	if len(r.values) < 3 {
		return ""
	}
	return v.whose + ": "
}

func longestRun(s string, of byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// code and prose write a text into HTML. An invisible joiner behind the sign
// keeps prose from calling somebody whose name stands behind an @.
func (s Style) code(text string, most int) string {
	return "<code>" + html.EscapeString(s.cut(text, most)) + "</code>"
}

func (s Style) prose(text string, most int) string {
	return strings.ReplaceAll(html.EscapeString(s.cut(text, most)), "@", "@\u2060")
}
