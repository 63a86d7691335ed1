package diagnostic_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// TestTold says texts as a run makes them: put together, wrapped, counted, with
// what others said inside.
func TestTold(t *testing.T) {
	for english, chinese := range map[string]string{
		"":             "",
		"nobody knows": "nobody knows",
		"no idpsync.yaml in /a/b or any folder above it": "/a/b 及其上级文件夹中没有 idpsync.yaml",
		// wrapped, and wrapped again, with the system's own words
		"the plan file cannot be read: open x.plan: no such file or directory":                                            "计划文件无法读取：open x.plan: no such file or directory",
		"what was written could not be read back: the list of providers is not whole: list-ext-idp: 3 read, totalCount 4": "无法读回写入的内容：身份源列表不完整：list-ext-idp：读到 3 个，totalCount 为 4",
		// an answer of a server: its words stay, ours around them do not
		"identifier already in use (POST /api/v3/create-ext-idp-conn, status 400, api code 2020, request id r-1)": "identifier already in use（POST /api/v3/create-ext-idp-conn，状态 400，api 代码 2020，请求 id r-1）",
		"the answer was cut short (GET /x, status 200); before that: the server refused, without a reason":        "应答被截断（GET /x，状态 200）；在此之前：服务器拒绝了，没有说明原因",
		// counted, one and many
		"1 error, 2 warnings": "1 个错误，2 个警告",
		"3 switches":          "3 个开关",
		// a word is told where the table says that it is one of ours
		"connection/x is protected, and the plan would delete it": "connection/x 受保护，而这个计划要删除它",
		// where it is, before a row that could swallow that
		"application/a: its list of connections is left out: theirs is a button of it and cannot be declared": "application/a：没有写出它的 connections：theirs 是它的登录按钮，却无法声明",
		"application/a: templateData is left out: no server shows it":                                         "application/a：没有写出 templateData：没有服务器会显示它",
		// lines of joined errors
		"unknown verb \"x\"\nunknown flag --y": "未知的命令 \"x\"\n未知的选项 --y",
		// a sentence of the catalogue that was put into another text
		"fields.clientID: missing, required by connection type \"github\"": "fields.clientID：缺失，连接类型 \"github\" 要求填写",
		"mfa: refused": "mfa: refused",
	} {
		if got := diagnostic.Told(diagnostic.Chinese, english); got != chinese {
			t.Errorf("%q\n got %s\nwant %s", english, got, chinese)
		}
		if got := diagnostic.Told(diagnostic.English, english); got != english {
			t.Errorf("%q in English: %q", english, got)
		}
	}
}

// TestNamesAreNotTold: what somebody named with a word of ours keeps its name.
func TestNamesAreNotTold(t *testing.T) {
	for _, name := range []string{"none", "delete", "create", "failed", "host", "unknown", "error", "plan"} {
		text := fmt.Sprintf("no %s in %s", name, name)
		if got, want := diagnostic.Told(diagnostic.Chinese, text), name+" 中没有 "+name; got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
		if got, want := diagnostic.Say(diagnostic.Chinese, "no %s in %s", name, "b"), "b 中没有 "+name; got != want {
			t.Errorf("said %s, want %s", got, want)
		}
		quoted := fmt.Sprintf("unknown verb %q", name+" 2 errors")
		if got := diagnostic.Told(diagnostic.Chinese, quoted); !strings.Contains(got, fmt.Sprintf("%q", name+" 2 errors")) {
			t.Errorf("%s became %s", quoted, got)
		}
	}
}

// TestSayTakesFlagsAndOrder: placeholders with flags, in another order, and
// arguments that are sentences.
func TestSayTakesFlagsAndOrder(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{diagnostic.Say(diagnostic.Chinese, "%+d s against this machine", -75), "与本机相差 -75 秒"},
		{diagnostic.Say(diagnostic.English, "%+d s against this machine", 3), "+3 s against this machine"},
		{diagnostic.Say(diagnostic.Chinese, "no target %q in %s; there is %s", "x", "idpsync.yaml", "none"), "idpsync.yaml 中没有目标 \"x\"；现有 没有"},
		{diagnostic.Say(diagnostic.Chinese, " (%d characters)", 300), " （300 个字符）"},
		{diagnostic.Say(diagnostic.Chinese, "%s to %s", "2 connections", "stdout"), "2 个连接 写到 标准输出"},
		{diagnostic.Say(diagnostic.Chinese, "said by nobody %d", 7), "said by nobody 7"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// FuzzTold: whatever a server or a file says, telling it ends, and says the same
// twice.
func FuzzTold(f *testing.F) {
	for _, s := range []string{"a: b; c, d (e)", "%s %d %q", strings.Repeat(": ", 200), strings.Repeat("(", 99) + " (x)", "3 files; \n, 1 error (status 5)", "\xff\x00: ; "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one := diagnostic.Told(diagnostic.Chinese, s)
		if two := diagnostic.Told(diagnostic.Chinese, s); one != two {
			t.Errorf("%q is told as %q and as %q", s, one, two)
		}
	})
}

func BenchmarkTold(b *testing.B) {
	for b.Loop() {
		diagnostic.Told(diagnostic.Chinese, "identifier already in use (POST /api/v3/create-ext-idp-conn, status 400, api code 2020, request id r-1)")
	}
}
