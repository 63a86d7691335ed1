package formats

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/report"
)

// hostile are names that want to be something else in one format or another.
var hostile = []string{
	`</summary></details><script>document.title="executed"</script>`,
	`<img src=x onerror="document.title='executed'">`,
	`<img src="http://leak.invalid/x.png">![x](http://leak.invalid/x.png)`,
	`[x](javascript:document.title='executed')`,
	`"><svg onload=document.title='executed'>`,
	`</text></svg><script>document.title="executed"</script>`,
	`</title><script>document.title="executed"</script>`,
	`</style><style>*{background:url(http://leak.invalid/)}</style>`,
	"``` \n```\n# heading", "`code` ``` ````` `", "| a | b |", "**bold** _it_ ~~no~~ # * - 1. >", "@everyone #1 !1 /close",
	"--><!-- <![CDATA[ ]]> <?x?>", "&lt;b&gt; &amp; &#60;i&#62;", "{{constructor.constructor('x')()}} ${x} #{x}",
	"\x1b[31mred\x1b[0m\x07\x00\x9b", "\u202ecipot\u202c \u2066x\u2069 \u200f \u2028 \u0085", "\xff\xfe not UTF-8",
	`\n \l \G \N "quoted" 'single' \`, `%0A::error::x %25 ::set-output name=x::y`, `subgraph end --> x`, `n0["x"] --> n1 ; click n0 "javascript:x"`,
	strings.Repeat("长", 300), strings.Repeat("x", 300), strings.Repeat("é", 300), "企业单点登录", "",
}

// hostilePlan has such a name wherever a name can be.
func hostilePlan() *report.Plan {
	doc := &report.Plan{Header: report.NewHeader("plan"), Target: report.Target{Name: hostile[0], Host: hostile[1], UserPoolID: hostile[4]}}
	actions := []plan.Action{plan.Create, plan.Update, plan.Replace, plan.Delete}
	risks := []plan.Risk{plan.Low, plan.Medium, plan.High}
	for i, name := range hostile {
		other := hostile[(i+7)%len(hostile)]
		c := report.Change{
			Key: "connection/" + name, Action: string(actions[i%len(actions)]), Risk: string(risks[i%len(risks)]), Reason: name + other,
			DependsOn: []string{"identityprovider/" + other}, Impact: report.Impact{Applications: []string{name, other}, Loses: []string{"enablement/" + other + "/" + name}},
			Source: &report.Source{File: name, Line: 1},
		}
		for _, v := range hostile {
			c.Fields = append(c.Fields, report.Field{Path: "fields." + v, Before: other, After: map[string]any{v: []any{name}}, Note: v})
		}
		doc.Changes = append(doc.Changes, c)
		doc.Guards = append(doc.Guards, report.Guard{Code: "IDP0301", Name: name, Key: c.Key, Message: other, Override: name})
		doc.Ignored = append(doc.Ignored, report.Ignored{Key: name, Path: other, Reason: name})
	}
	return doc
}

// hostileFindings stand at such places and say such things.
func hostileFindings() *report.Diagnostics {
	var found []diagnostic.Diagnostic
	for i, name := range hostile {
		found = append(found, diagnostic.Diagnostic{
			Code: "IDP0102", Severity: []diagnostic.Severity{diagnostic.Error, diagnostic.Warning}[i%2], File: "a b/" + name + ".yaml",
			Range:   diagnostic.Range{Start: diagnostic.Position{Line: i, Column: i}, End: diagnostic.Position{Line: i + i%2, Column: i + 3}},
			Pointer: "/spec/" + name, Message: diagnostic.Words(name), Hint: diagnostic.Words(hostile[(i+3)%len(hostile)]),
		})
	}
	return report.NewDiagnostics(found, diagnostic.English)
}

func manyFindings(n int) *report.Diagnostics {
	var found []diagnostic.Diagnostic
	for i := range n {
		found = append(found, diagnostic.Diagnostic{
			Code: "IDP0102", Severity: diagnostic.Error, File: fmt.Sprintf("connections/%d.yaml", i/10), Range: diagnostic.Range{Start: diagnostic.Position{Line: 3 + i%10, Column: 5}},
			Pointer: "/spec/fields", Message: diagnostic.Words("fields.clientID: missing"),
		})
	}
	return report.NewDiagnostics(found, diagnostic.English)
}

// manyChanges is a plan of n changes with the names of a real pool.
func manyChanges(n int) *report.Plan {
	doc := &report.Plan{Header: report.NewHeader("plan"), Target: report.Target{Name: "prod", Host: "https://api.example.com", UserPoolID: "62eaa95fe0a1b29a5295bf7c"}}
	doc.Summary.Update = n
	for i := range n {
		doc.Changes = append(doc.Changes, report.Change{
			Key: fmt.Sprintf("connection/corp-%05d", i), Action: "update", Risk: "medium", Reason: "2 fields differ", DependsOn: []string{fmt.Sprintf("identityprovider/p%d", i/10)},
			Source: &report.Source{File: fmt.Sprintf("connections/%d.yaml", i), Line: 1},
			Fields: []report.Field{
				{Path: "displayName", Before: "企业登录", After: fmt.Sprintf("企业单点登录 %d", i)},
				{Path: "fields.issuerUrl", Before: "https://old.example.com/realms/main", After: "https://new.example.com/realms/main"},
			},
		})
	}
	return doc
}

func recordedPlan(t *testing.T) *report.Plan {
	t.Helper()
	text, err := os.ReadFile("../../testdata/report/plan-full.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := report.ReadPlan(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// render writes a document as a command would.
func render(t *testing.T, format string, doc report.Document, lang string) []byte {
	t.Helper()
	var b bytes.Buffer
	style := report.Style{Lang: lang, Base: "deploy/idp", Project: "idpsync.yaml"}
	if err := report.Render(&b, format, doc, style); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// judged are the documents that are judged in every format of complaints.
func judged(t *testing.T) map[string]report.Document {
	withFindings := recordedPlan(t)
	withFindings.Found(hostileFindings())
	strict := hostileFindings()
	strict.Strict()
	return map[string]report.Document{
		"nothing": report.NewDiagnostics(nil, diagnostic.English), "hostile": hostileFindings(), "strict": strict, "5000": manyFindings(5000),
		"plan": withFindings, "hostile-plan": hostilePlan(), "empty-plan": manyChanges(0),
	}
}

// written writes a text for a program to read.
func written(t *testing.T, name string, text []byte) string {
	t.Helper()
	file := t.TempDir() + "/" + name
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
